// Poses from the webcam, estimated in the browser by MediaPipe Pose. No picture leaves the machine.

const FOLDER = new URL("web/pose/", import.meta.url).href;
const MIN_VISIBILITY = 0.5; // of a joint that counts as observed

function script(address) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(element);
  });
}

/** World landmarks (hips at the origin, y down, z towards the camera negative) -> [x, y, z] in metres, y up, z away. */
const joint = ({ x, y, z, visibility }) => (visibility === undefined || visibility >= MIN_VISIBILITY ? [-x, -y, z] : null);

/** Return whether the browser only emulates a GPU. The CPU with the small model is then many times faster. */
function withoutGraphics() {
  const context = document.createElement("canvas").getContext("webgl2");
  const more = context?.getExtension("WEBGL_debug_renderer_info");
  return !context || /swiftshader|llvmpipe|software/i.test(more ? context.getParameter(more.UNMASKED_RENDERER_WEBGL) : "");
}

export class Webcam {
  /** video: shows the camera; pose: function that receives (seconds, joints of layout mediapipe-33, or null without a person). */
  constructor(video, pose) {
    Object.assign(this, { video, pose, over: false });
  }

  /** Request the camera and start. Throws an Error whose message names what is missing and how to get it. */
  async start() {
    const there = await fetch(`${FOLDER}pose_web.binarypb`);
    if (!there.ok)
      throw new Error("The webcam needs the pose model, which is not installed: run `make web` in the project's folder and start the server again.");
    if (!navigator.mediaDevices) throw new Error("The browser allows the camera only for https and localhost addresses.");
    try {
      this.media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
    } catch (error) {
      throw new Error(`No camera: ${error.message}. Allow the camera for this page, or connect one.`);
    }
    if (!window.Pose) await script(`${FOLDER}pose.js`);
    this.finder = new window.Pose({ locateFile: (name) => FOLDER + name });
    const options = withoutGraphics() ? { modelComplexity: 0, useCpuInference: true } : { modelComplexity: 1 };
    this.finder.setOptions({ ...options, smoothLandmarks: true });
    this.finder.onResults(({ poseWorldLandmarks: landmarks }) => {
      if (!this.over) this.pose(this.video.currentTime, landmarks ? landmarks.map(joint) : null);
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
