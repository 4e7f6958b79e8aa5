// Records what the webcam shows: the poses as a recording, and the picture with the skeleton as a film. Both stay in the browser.

const FPS = 30; // of recordings
const MAX_GAP = 0.4; // seconds between two poses; a joint is not observed in a longer gap

export const MAX_SECONDS = 60;

/** Return poses [{seconds, joints}] at FPS, between two poses in a straight line. */
export function resample(poses) {
  const [first, last] = [poses[0].seconds, poses.at(-1).seconds];
  const frames = Math.max(Math.floor((last - first) * FPS) + 1, 2);
  let next = 0;
  return Array.from({ length: frames }, (_, frame) => {
    const at = first + frame / FPS;
    while (next < poses.length - 1 && poses[next].seconds < at) next++;
    const [a, b] = [poses[Math.max(next - 1, 0)], poses[next]];
    const gap = b.seconds - a.seconds;
    const share = gap > 0 ? Math.min(Math.max((at - a.seconds) / gap, 0), 1) : 1;
    return b.joints.map((joint, index) => {
      const before = a.joints[index];
      if (!joint || !before || gap > MAX_GAP) return share > 0.98 ? joint : share < 0.02 ? before : null;
      return joint.map((value, axis) => before[axis] + share * (value - before[axis]));
    });
  });
}

export class Recorder {
  #poses = [];
  #film = null;
  #chunks = [];

  /** shape: {joints, bones} of the layout; layout: its name; canvas: draws the picture with the skeleton, or null for no film. */
  constructor({ layout, shape, canvas }) {
    Object.assign(this, { layout, shape });
    const type = ["video/webm;codecs=vp8", "video/mp4"].find((one) => window.MediaRecorder?.isTypeSupported(one));
    if (!canvas?.captureStream || !type) return;
    this.type = type.split(";")[0];
    this.#film = new MediaRecorder(canvas.captureStream(FPS), { mimeType: type });
    this.#film.addEventListener("dataavailable", ({ data }) => this.#chunks.push(data));
    this.#film.start();
  }

  get seconds() {
    return this.#poses.length ? this.#poses.at(-1).seconds - this.#poses[0].seconds : 0;
  }

  /** joints: of the layout, or null where nobody was there. */
  pose(seconds, joints) {
    this.#poses.push({ seconds, joints: joints ?? this.shape.joints.map(() => null) });
  }

  /** Return the recording as the server would give it, or null where nobody was seen, and the film as a Blob or null. */
  async stop() {
    const film = await this.#finish();
    const seen = this.#poses.some(({ joints }) => joints.some(Boolean));
    if (!seen || this.#poses.length < 2) return { content: null, film };
    const positions = [resample(this.#poses)];
    const { joints, bones } = this.shape;
    return { content: { layout: this.layout, joints, bones, fps: FPS, frames: positions[0].length, bodies: 1, positions, notice: "", reading: null }, film };
  }

  #finish() {
    if (!this.#film || this.#film.state === "inactive") return null;
    return new Promise((resolve) => {
      this.#film.addEventListener("stop", () => resolve(this.#chunks.length ? new Blob(this.#chunks, { type: this.type }) : null));
      this.#film.stop();
    });
  }
}

/** Return a recording as a file of joints that `zeroskel` and this page read. */
export function toFile({ layout, joints, fps, positions }) {
  const nothing = [null, null, null];
  return JSON.stringify({ ...(layout ? { layout } : {}), joint_names: joints, fps, up: "y", unit: "m", joints: positions.map((body) => body.map((pose) => pose.map((joint) => joint ?? nothing))) });
}
