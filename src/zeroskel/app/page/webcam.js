// Poses from the webcam, estimated in the browser by MediaPipe Pose. No picture leaves the machine.

import { t } from "./texts.js";

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
  /** video: shows the camera; pose: function that receives (seconds, joints of layout mediapipe-33 or null, landmarks in the picture or null, the picture). */
  constructor(video, pose) {
    Object.assign(this, { video, pose, over: false });
  }

  /** Request the camera and start. Throws an Error whose message names what is missing and how to get it. */
  async start() {
    const there = await fetch(`${FOLDER}pose_web.binarypb`);
    if (!there.ok)
      throw new Error(t("camera.model"));
    if (!navigator.mediaDevices) throw new Error(t("camera.https"));
    try {
      this.media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
    } catch (error) {
      throw new Error(t("camera.none", { why: error.message }));
    }
    if (!window.Pose) await script(`${FOLDER}pose.js`);
    this.finder = new window.Pose({ locateFile: (name) => FOLDER + name });
    const options = withoutGraphics() ? { modelComplexity: 0, useCpuInference: true } : { modelComplexity: 1 };
    this.finder.setOptions({ ...options, smoothLandmarks: true });
    this.finder.onResults(({ poseWorldLandmarks: landmarks, poseLandmarks: flat, image }) => {
      if (!this.over) this.pose(this.video.currentTime, landmarks ? landmarks.map(joint) : null, flat ?? null, image);
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
