// A second motion beside the first: it plays on the same clock and is answered with the same actions.
import * as api from "./api.js";
import { Recording } from "./recording.js";
import { Stage } from "./stage.js";
import { inWords, say, seconds, t } from "./texts.js";

export class Compare {
  #stage = null;
  #recording = null;
  #running = null; // aborts the current request

  /** find: id -> element; attempt: runs work and shows its error; question: function of a recording that returns the body of a question; isNone: function of a presence; changed: called when the second motion is another one. */
  constructor({ find, attempt, question, isNone, changed }) {
    Object.assign(this, { find, attempt, question, isNone, changed, on: false });
    find("compare").addEventListener("click", () => this.#toggle(!this.on));
    find("clips-2").addEventListener("change", () => find("clips-2").value && this.#openExample(find("clips-2").value));
    find("file-2").addEventListener("change", ({ target }) => target.files[0] && this.#openFile(target.files[0]));
  }

  /** Seconds of the second motion; 0 without one. */
  get seconds() {
    return this.on && this.#recording ? this.#recording.seconds : 0;
  }

  /** Show what the first motion is. prediction: of /api/predict, or null. */
  first(prediction) {
    say(this.find("caption"), this.#caption(prediction));
  }

  /** Draw the second motion at a moment of the clock. */
  at(moment) {
    if (!this.on || !this.#recording || !this.#stage) return;
    const frame = Math.min(Math.max(Math.round(moment * this.#recording.fps) - 1, 0), this.#recording.frames - 1);
    this.#stage.pose(this.#recording.frame(frame));
  }

  /** Ask again, after the actions have changed. */
  async ask() {
    this.#running?.abort();
    if (!this.on || !this.#recording) return;
    this.#running = new AbortController();
    const body = this.question(this.#recording);
    if (!body.actions.length) return say(this.find("caption-2"), this.#recording.title);
    const { signal } = this.#running;
    await this.attempt(async () => {
      const prediction = await api.predict(body, signal);
      signal.throwIfAborted();
      say(this.find("caption-2"), this.#caption(prediction));
    });
  }

  recolour() {
    this.#stage?.recolour();
  }

  #caption(prediction) {
    if (!prediction) return "";
    const { best, presence, probabilities, actions } = prediction;
    if (this.isNone(presence)) return t("answer.none");
    return t("compare.caption", { best, sure: inWords(probabilities[actions.indexOf(best)]) });
  }

  #toggle(on) {
    this.on = on;
    this.find("compare").setAttribute("aria-pressed", String(on));
    this.find("views").classList.toggle("two", on);
    this.find("view-2").hidden = this.find("caption").hidden = !on;
    if (on && !this.find("clips-2").options.length) this.find("clips-2").append(...[...this.find("clips").options].map((option) => option.cloneNode(true)));
    if (on && !this.#stage && document.createElement("canvas").getContext("webgl2")) this.#stage = new Stage(this.find("canvas-2"), this.find("names-2"));
    if (on && !this.#recording) this.#openExample([...this.find("clips-2").options].find(({ value }) => value && value !== this.find("clips").value)?.value);
    else if (on) this.ask();
    this.changed();
  }

  #openExample(id) {
    return this.attempt(async () => {
      this.find("clips-2").value = id;
      this.#open(await api.clip(id), this.find("clips-2").selectedOptions[0].textContent, id);
    });
  }

  #openFile(file) {
    return this.attempt(async () => {
      const content = await api.read(file, {});
      this.find("clips-2").value = "";
      this.#open(content, file.name);
    });
  }

  #open(content, title, example = null) {
    this.#recording = new Recording(content, title, example);
    const { joints, bones, frames } = this.#recording;
    this.#stage?.show({ joints, bones, frames: Array.from({ length: frames }, (_, number) => this.#recording.frame(number)) });
    this.find("canvas-2").setAttribute("aria-label", t("view.one", { title, seconds: seconds(this.#recording.seconds), help: t("view.help") }));
    say(this.find("caption-2"), title);
    this.changed();
    this.ask();
  }
}
