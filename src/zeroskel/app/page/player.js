// Moves through the frames of a recording: play, pause, scrub.

export class Player {
  #started;
  #request = null;

  /** moved: function that receives the number of the frame whenever it changes. */
  constructor({ play, scrub, clock, moved }) {
    Object.assign(this, { play, scrub, clock, moved, frames: 0, fps: 30, frame: 0 });
    play.addEventListener("click", () => (this.playing ? this.pause() : this.start()));
    scrub.addEventListener("input", () => {
      this.pause();
      this.go(Number(scrub.value));
    });
  }

  get playing() {
    return this.#request !== null;
  }

  open({ frames, fps }) {
    this.pause();
    Object.assign(this, { frames, fps });
    this.play.disabled = this.scrub.disabled = frames < 2;
    this.scrub.max = frames - 1;
    this.go(frames - 1);
  }

  close() {
    this.pause();
    this.frames = 0;
    this.play.disabled = this.scrub.disabled = true;
  }

  go(frame) {
    this.frame = Math.min(Math.max(frame, 0), this.frames - 1);
    this.scrub.value = this.frame;
    const text = `${this.seconds.toFixed(2)} s of ${(this.frames / this.fps).toFixed(2)} s`;
    this.clock.textContent = text;
    this.scrub.setAttribute("aria-valuetext", text);
    this.moved(this.frame);
  }

  /** Seconds that were shown, including the current frame. */
  get seconds() {
    return (this.frame + 1) / this.fps;
  }

  start() {
    if (this.frames < 2) return;
    if (this.frame >= this.frames - 1) this.go(0);
    this.#started = performance.now() - (this.frame / this.fps) * 1000;
    this.play.textContent = "Pause";
    const step = (now) => {
      const frame = Math.floor(((now - this.#started) / 1000) * this.fps);
      if (frame !== this.frame) this.go(frame);
      if (frame >= this.frames - 1) return this.pause();
      this.#request = requestAnimationFrame(step);
    };
    this.#request = requestAnimationFrame(step);
  }

  pause() {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#request = null;
    this.play.textContent = "Play";
  }
}
