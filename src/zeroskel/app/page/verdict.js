// The answer in words, the line "none of these" with its threshold, and the parts of the body.
import { Bars, percent } from "./bars.js";

/** Two digits, a true minus, no minus before a zero. */
const nats = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");

const KEPT = "zeroskel.threshold";

export class Verdict {
  /** find: id -> element; changed: called when the threshold moves. */
  constructor(find, changed) {
    Object.assign(this, { find, parts: new Bars(find("parts")) });
    this.slider = find("threshold");
    this.slider.value = localStorage.getItem(KEPT) ?? 50;
    this.slider.addEventListener("input", () => {
      localStorage.setItem(KEPT, this.slider.value);
      this.#mark();
      changed();
    });
    this.#mark();
  }

  get threshold() {
    return Number(this.slider.value) / 100;
  }

  isNone(presence) {
    return presence !== null && presence !== undefined && presence < this.threshold;
  }

  /** best: an action; share: its probability; presence: or null; when: a sentence. */
  show({ best, share, presence, when = "" }) {
    const none = this.isNone(presence);
    this.find("verdict").dataset.none = none;
    this.#say("best", none ? "None of these" : best);
    this.#say("how", none ? `The closest is ${best}.` : `${percent(share)} sure, if it is one of these.`);
    this.#say("when", when);
    const known = presence !== null && presence !== undefined;
    this.slider.disabled = !known;
    this.#say("none-value", known ? percent(1 - presence) : "not known");
    this.find("none-fill").style.transform = `scaleX(${known ? 1 - presence : 0})`;
    this.#say("none-note", known ? "" : "This model is not calibrated: it cannot tell when none of them is happening.");
  }

  /** Nothing to say yet, and why. */
  empty(how) {
    this.find("verdict").dataset.none = false;
    this.#say("best", "No answer yet");
    this.#say("how", how);
    this.#say("when", "");
    this.#say("none-value", "–");
    this.#say("none-note", "");
    this.find("none-fill").style.transform = "scaleX(0)";
    this.explain(null);
  }

  /** parts: name -> nats lost when masked; null: not known, and why. */
  explain(parts, action, why = "Shown with the answer: what would be lost without the arms, the legs …") {
    if (!parts) {
      this.parts.clear();
      return this.#say("parts-says", why);
    }
    const names = Object.keys(parts).sort((a, b) => parts[b] - parts[a]);
    const most = Math.max(...Object.values(parts), 0.1);
    this.#say("parts-says", `What the log-odds of “${action}” lose (in nats) when a part is held still.`);
    this.parts.show(names, names.map((name) => Math.max(parts[name], 0) / most), { values: names.map((name) => nats(parts[name])) });
  }

  #mark() {
    this.#say("threshold-value", percent(this.threshold));
    this.find("none-tick").style.left = `${100 - Number(this.slider.value)}%`;
  }

  #say(id, text) {
    const place = this.find(id);
    if (place.textContent !== text) place.textContent = text;
  }
}
