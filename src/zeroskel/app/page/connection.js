// Reports that the server is unavailable, polls it until it answers, then repeats the unfinished work.
import * as api from "./api.js";
import { say, t } from "./texts.js";

export class Connection {
  #unfinished = new Set();
  #timer = null;

  /** banner, form, input, wrong: elements, the last for a refused token; again: function that repeats unfinished work, which may fail again. */
  constructor({ banner, form, input, wrong, again }) {
    Object.assign(this, { banner, form, input, wrong, again });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      api.setToken(input.value.trim());
      form.hidden = true;
      this.#again();
    });
  }

  /** Run a function without arguments. Temporary failures are retried, others thrown. */
  async run(work) {
    try {
      await work();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error instanceof api.Unreachable) this.#wait(work, error.message, 2);
      else if (error.status === 503) this.#wait(work, t("retry", { why: error.message, wait: error.retryAfter ?? 2 }), error.retryAfter ?? 2);
      else if (error.status === 401) {
        this.#unfinished.add(work);
        say(this.wrong, api.getToken() ? t("token.wrong") : "");
        this.form.hidden = false;
        this.input.select();
      } else throw error;
    }
  }

  #wait(work, text, seconds) {
    this.#unfinished.add(work);
    this.banner.textContent = text;
    this.banner.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(seconds), seconds * 1000);
  }

  async #ask(seconds) {
    try {
      await api.health();
    } catch (error) {
      console.info("The server is still unavailable:", error.message);
      this.#timer = setTimeout(() => this.#ask(seconds), seconds * 1000);
      return;
    }
    this.banner.hidden = true;
    this.#again();
  }

  #again() {
    const works = [...this.#unfinished];
    this.#unfinished.clear();
    works.forEach((work) => this.again(work));
  }
}
