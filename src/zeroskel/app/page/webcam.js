// Poses from the webcam, found in the browser by MediaPipe Pose: no picture leaves the machine.

const FOLDER = new URL("web/pose/", import.meta.url).href;
const SEEN = 0.5; // visibility from which on a joint counts as observed

function script(address) {
  return new Promise((resolve, reject) => {
    const made = document.createElement("script");
    made.src = address;
    made.onload = resolve;
    made.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(made);
  });
}

/** World landmarks (hips at the origin, y down, z towards the camera negative) -> [x, y, z] in metres, y up, z away. */
const joint = ({ x, y, z, visibility }) => (visibility === undefined || visibility >= SEEN ? [-x, -y, z] : null);

/** Whether the browser only imitates a graphics processor: then the processor, with the small model, is many times faster. */
function withoutGraphics() {
  const context = document.createElement("canvas").getContext("webgl2");
  const more = context?.getExtension("WEBGL_debug_renderer_info");
  return !context || /swiftshader|llvmpipe|software/i.test(more ? context.getParameter(more.UNMASKED_RENDERER_WEBGL) : "");
}

export class Webcam {
  /** video: shows the camera; pose: called with (seconds, joints of layout mediapipe-33 or null where nobody is seen). */
  constructor(video, pose) {
    Object.assign(this, { video, pose, over: false });
  }

  /** Ask for the camera and start. Throws an Error whose message says what is missing and how to get it. */
  async start() {
    const there = await fetch(`${FOLDER}pose_web.binarypb`);
    if (!there.ok)
      throw new Error("The webcam needs the pose model, which is not installed: run `make web` in the project's folder and start the server again.");
    if (!navigator.mediaDevices) throw new Error("The browser gives the camera only to https or localhost addresses.");
    try {
      this.media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
    } catch (error) {
      throw new Error(`No camera: ${error.message}. Allow the camera for this page, or connect one.`);
    }
    if (!window.Pose) await script(`${FOLDER}pose.js`);
    this.finder = new window.Pose({ locateFile: (name) => FOLDER + name });
    const options = withoutGraphics() ? { modelComplexity: 0, useCpuInference: true } : { modelComplexity: 1 };
    this.finder.setOptions({ ...options, smoothLandmarks: true });
    this.finder.onResults(({ poseWorldLandmarks: found }) => {
      if (!this.over) this.pose(this.video.currentTime, found ? found.map(joint) : null);
    });
    await this.finder.initialize();
    this.video.srcObject = this.media;
    await this.video.play();
    this.#loop();
  }

  async #loop() {
    let last = -1;
    while (!this.over) {
      if (this.video.currentTime !== last) {
        last = this.video.currentTime;
        await this.finder.send({ image: this.video });
      }
      await new Promise(requestAnimationFrame);
    }
    await this.finder.close();
  }

  stop() {
    this.over = true;
    this.media?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }
}
