// A recording as the server gives it: positions [body][frame][joint] = [x, y, z] in metres, y up, null where not observed.

const SEEN = 0.98; // share of the frames from which a joint counts as seen throughout

export class Recording {
  /** example: the id of a built-in clip, which the server knows; null for others. */
  constructor(content, title, example = null) {
    Object.assign(this, content);
    Object.assign(this, { title, example });
  }

  get seconds() {
    return this.frames / this.fps;
  }

  /** Bodies of one frame: [body][joint] = [x, y, z] or null. */
  frame(number) {
    return this.positions.map((body) => body[number].map(observed));
  }

  /** What the server needs for a prediction. */
  get wire() {
    return this.example ?? { layout: this.layout, joints: this.layout ? undefined : this.joints, fps: this.fps, positions: this.positions };
  }

  /** Joints that were not seen in some frames in which the body was: [{joint, share of these frames}], the worst first. */
  missing() {
    const frames = this.positions.flatMap((body) => body.filter((pose) => pose.some(observed)));
    return this.joints
      .map((joint, index) => ({ joint: readable(joint), share: frames.filter((pose) => !observed(pose[index])).length / Math.max(frames.length, 1) }))
      .filter(({ share }) => share > 1 - SEEN)
      .sort((a, b) => b.share - a.share);
  }
}

export const observed = (joint) => (joint && joint.every((value) => value !== null) ? joint : null);

/** "hand_left" -> "left hand". */
function readable(joint) {
  const words = joint.split("_");
  return [...words.filter((word) => word === "left" || word === "right"), ...words.filter((word) => word !== "left" && word !== "right")].join(" ");
}
