// A recording as the server gives it: positions [body][frame][joint] = [x, y, z] in metres, y up, null where not observed.

export class Recording {
  constructor(content, title) {
    Object.assign(this, content);
    this.title = title;
  }

  get seconds() {
    return this.frames / this.fps;
  }

  /** Bodies of one frame: [body][joint] = [x, y, z] or null. */
  frame(number) {
    return this.positions.map((body) => body[number].map(observed));
  }

  /** The part of the recording that the server needs for a prediction. */
  get wire() {
    return { layout: this.layout, joints: this.layout ? undefined : this.joints, fps: this.fps, positions: this.positions };
  }
}

const observed = (joint) => (joint && joint.every((value) => value !== null) ? joint : null);
