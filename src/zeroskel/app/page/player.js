// Moves through the frames of a recording: play, pause, scrub.
import { t } from "./texts.js";

const REST = 1200; // milliseconds at the end of a recording that is repeated

export class Player {
  #started;
  #request = null;
  #again = null; // timer of the next round
  #loop = false;

  /** moved: function that receives the number of the frame whenever it changes. */
  constructor({ play, scrub, clock, moved }) {
    Object.assign(this, { play, scrub, clock, moved, frames: 0, fps: 30, frame: 0 });
    play.addEventListener("click", () => this.toggle());
    scrub.addEventListener("input", () => {
      this.pause();
      this.go(Number(scrub.value));
    });
  }

  get playing() {
    return this.#request !== null || this.#again !== null;
  }

  /** frames, fps: of the recording; seconds: at least so long is the clock, for a second recording beside it. */
  open({ frames, fps }, seconds = 0) {
    this.pause();
    Object.assign(this, { frames: Math.max(frames, Math.round(seconds * fps)), fps });
    this.play.disabled = this.scrub.disabled = this.frames < 2;
    this.scrub.max = this.frames - 1;
    this.go(this.frames - 1);
  }

  close() {
    this.pause();
    this.frames = 0;
    this.play.disabled = this.scrub.disabled = true;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.start(this.#loop);
  }

  go(frame) {
    if (!this.frames) return;
    this.frame = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    this.scrub.value = this.frame;
    const text = t("clock", { now: this.seconds.toFixed(1), all: (this.frames / this.fps).toFixed(1) });
    this.clock.textContent = text;
    this.scrub.setAttribute("aria-valuetext", text);
    this.moved(this.frame);
  }

  /** Pause, and go some frames on. */
  step(frames) {
    this.pause();
    this.go(this.frame + frames);
  }

  /** Pause at a moment. */
  jump(seconds) {
    this.pause();
    this.go(seconds * this.fps);
  }

  get duration() {
    return this.frames / this.fps;
  }

  /** Seconds that were shown, including the current frame. */
  get seconds() {
    return (this.frame + 1) / this.fps;
  }

  /** Whether the whole recording was shown, so that answers are about all of it. */
  get whole() {
    return this.frame >= this.frames - 1;
  }

  /** loop: whether to begin again at the end. */
  start(loop = false) {
    if (this.frames < 2) return;
    this.#loop = loop;
    if (this.whole) this.go(0);
    this.#started = performance.now() - (this.frame / this.fps) * 1000;
    this.play.textContent = t("pause");
    const step = (now) => {
      const frame = Math.floor(((now - this.#started) / 1000) * this.fps);
      if (frame > this.frame) this.go(frame);
      if (!this.whole) return (this.#request = requestAnimationFrame(step));
      this.#request = null;
      if (!this.#loop) return this.pause();
      this.#again = setTimeout(() => {
        this.#again = null;
        this.start(true);
      }, REST);
    };
    this.#request = requestAnimationFrame(step);
  }

  pause() {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    clearTimeout(this.#again);
    this.#request = this.#again = null;
    this.play.textContent = t("play");
  }
}
