// Asks about the recording on display: first which action it is, then why. A newer question ends the one before.
import * as api from "./api.js";

const DELAY = 60; // milliseconds, so that two actions that are typed or pasted send one request

export class Inquiry {
  #running = null; // aborts the current requests
  #later = null; // timer of the next question
  #about = null; // recording
  #asked = null; // the action to explain, where the user chose one

  /** attempt: runs work and shows its error; actions, teaching: functions that return the actions of the wire and the id of what was taught; answered, timed, explained, failed: receive results. */
  constructor({ attempt, actions, teaching, asking, forgotten, answered, explained, timed, failed }) {
    Object.assign(this, { attempt, actions, teaching, asking, forgotten, answered, explained, timed, failed, local: null });
  }

  /** Ask about a recording, or about none. */
  open(recording) {
    this.#about = recording;
    this.#asked = null;
    clearTimeout(this.#later);
    this.attempt(() => this.#ask()); // at once: the first drawing of the skeleton takes the browser some time
  }

  soon(milliseconds = DELAY) {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.attempt(() => this.#ask()), milliseconds);
  }

  stop() {
    clearTimeout(this.#later);
    this.#running?.abort();
  }

  /** Explain an action instead of the best one. */
  explain(action) {
    this.#asked = action;
    return this.attempt(() => this.#explain(this.#begin()));
  }

  #begin() {
    this.#running?.abort();
    this.#running = new AbortController();
    return this.#running.signal;
  }

  async #ask() {
    const signal = this.#begin();
    const [recording, actions] = [this.#about, this.actions()];
    if (!recording || !actions.length) return this.failed(recording ? "actions" : "motion");
    this.asking();
    let answer;
    try {
      answer = await (this.local ? this.local.predict(recording, actions) : api.predict(this.body(), signal));
      signal.throwIfAborted();
    } catch (error) {
      if (error.status === 404 && this.teaching()) {
        this.forgotten(); // the examples that were taught
        return this.soon(0);
      }
      if (this.local || (error.status && error.status !== 503 && error.status !== 401)) this.failed(null, error.message);
      throw error;
    }
    this.answered(answer, recording);
    await Promise.all([this.#explain(signal), this.#time(signal)]);
  }

  /** The question as the server expects it. */
  body() {
    const teaching = this.teaching();
    return { recording: this.#about?.wire, actions: this.actions(), ...(teaching ? { teaching } : {}) };
  }

  /** Ask when each person does what. A model in the browser does not know. */
  async #time(signal) {
    if (this.local) return this.timed(null, "lanes.local");
    try {
      const timeline = await api.timeline({ ...this.body(), lanes: true }, signal);
      signal.throwIfAborted();
      this.timed(timeline);
    } catch (error) {
      if (![400, 404].includes(error.status)) throw error;
      this.timed(null, "lanes.unable"); // a bundle that is not calibrated
    }
  }

  async #explain(signal) {
    const [recording, actions] = [this.#about, this.actions()];
    if (!recording || actions.length < 2) return this.explained(null);
    const action = actions.some((one) => (one.name ?? one) === this.#asked) ? this.#asked : undefined;
    const answer = await (this.local ? this.local.explain(recording, actions, action) : api.explain({ ...this.body(), action }, signal));
    signal.throwIfAborted();
    this.explained(answer);
  }
}
