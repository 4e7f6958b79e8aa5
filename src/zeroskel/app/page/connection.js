// Says that the server is gone, asks until it is back, then does what was left undone.
import * as api from "./api.js";

export class Connection {
  #undone = new Set();
  #asking = null;

  /** `again` takes work that was left undone: it may fail once more. */
  constructor({ banner, form, input, again }) {
    Object.assign(this, { banner, form, input, again });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      api.setToken(input.value);
      form.hidden = true;
      this.#again();
    });
  }

  /** Do work, a function without arguments; failures that pass are tried again, others thrown. */
  async run(work) {
    try {
      await work();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error instanceof api.Unreachable) this.#wait(work, error.message, 2);
      else if (error.status === 503) this.#wait(work, `${error.message} Trying again in ${error.retryAfter ?? 2} s.`, error.retryAfter ?? 2);
      else if (error.status === 401) {
        this.#undone.add(work);
        this.form.hidden = false;
        this.input.focus();
      } else throw error;
    }
  }

  #wait(work, text, seconds) {
    this.#undone.add(work);
    this.banner.textContent = text;
    this.banner.hidden = false;
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.#ask(seconds), seconds * 1000);
  }

  async #ask(seconds) {
    try {
      await api.health();
    } catch (error) {
      console.info("still without the server:", error.message);
      this.#asking = setTimeout(() => this.#ask(seconds), seconds * 1000);
      return;
    }
    this.banner.hidden = true;
    this.#again();
  }

  #again() {
    const works = [...this.#undone];
    this.#undone.clear();
    works.forEach((work) => this.again(work));
  }
}
