// The answer in words, the line "none of these" with its threshold, and what a screen reader hears of it.
import { load, store } from "./store.js";
import { inWords, percent, say, t } from "./texts.js";

const STORAGE_KEY = "zeroskel.threshold";
const SPEAK_EVERY = 3000; // milliseconds between two announcements

/** Announces answers to screen readers: each once, and no more than one in SPEAK_EVERY. */
class Speaker {
  #last = "";
  #next = "";
  #timer = null;

  constructor(element) {
    this.element = element;
  }

  say(text) {
    this.#next = text;
    this.#timer ??= setTimeout(() => this.#speak(), 400); // an answer that is replaced at once is not announced
  }

  #speak() {
    this.#timer = null;
    if (this.#next === this.#last) return;
    this.#last = this.#next;
    this.element.textContent = this.#last;
    this.#timer = setTimeout(() => this.#speak(), SPEAK_EVERY);
  }
}

export class Verdict {
  /** find: id -> element; changed: function that is called when the threshold changes. */
  constructor(find, changed) {
    Object.assign(this, { find, speaker: new Speaker(find("spoken")) });
    this.slider = find("threshold");
    const stored = Number(load(STORAGE_KEY) ?? 50);
    this.slider.value = Number.isFinite(stored) ? stored : 50;
    this.slider.addEventListener("input", () => {
      store(STORAGE_KEY, this.slider.value);
      say(find("threshold-value"), percent(this.threshold));
      changed();
    });
    say(find("threshold-value"), percent(this.threshold));
  }

  get threshold() {
    return Number(this.slider.value) / 100;
  }

  isNone(presence) {
    return presence !== null && presence !== undefined && presence < this.threshold;
  }

  /** best: an action; share: its probability; presence: probability or null; none: whether none of the actions happens; details: texts; who: a person, if there are several; unsure: whether a live answer may still change; quiet: whether nothing is announced. */
  show({ best, share, presence, none = this.isNone(presence), details = [], who = "", unsure = false, quiet = unsure }) {
    const known = presence !== null && presence !== undefined;
    this.find("verdict").dataset.none = none;
    this.find("verdict").dataset.unsure = unsure;
    const sure = none ? t("answer.closest", { best }) : t("answer.sure", { sure: inWords(share) });
    say(this.find("best"), none ? t("answer.none") : best);
    say(this.find("how"), [who, [sure, ...details].filter(Boolean).join(" · ")].filter(Boolean).join(": "));
    this.slider.disabled = !known;
    say(this.find("none-value"), known ? percent(1 - presence) : t("none.unknown"));
    say(this.find("none-note"), known ? "" : t("none.note"));
    this.find("none-note").hidden = known;
    this.find("none-fill").style.transform = `scaleX(${known ? 1 - presence : 0})`;
    if (!quiet) this.speaker.say([who, none ? t("answer.none") : `${best}, ${sure}`].filter(Boolean).join(": "));
  }

  /** Show that an answer is being computed; the one before stays in view. */
  busy() {
    if (this.find("verdict").dataset.none === undefined) say(this.find("how"), t("answer.busy"));
  }

  /** Show that there is no answer, and why. */
  empty(why) {
    this.find("verdict").dataset.none = false;
    this.find("verdict").dataset.unsure = false;
    say(this.find("best"), t("answer.empty"));
    say(this.find("how"), why);
    say(this.find("none-value"), "");
    this.find("none-note").hidden = true;
    this.find("none-fill").style.transform = "scaleX(0)";
    this.speaker.say(why);
  }
}
