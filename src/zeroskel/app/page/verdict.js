// The answer in words, the line "none of these" with its threshold, what the motion shows, and the parts of the body.
import { Bars, percent } from "./bars.js";
import { Words } from "./words.js";

/** Format with two digits, a typographic minus, and no minus before a zero. */
const nats = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");

const HINT = "Shown with the answer: how much certainty is lost without the arms, the legs and so on.";
const STORAGE_KEY = "zeroskel.threshold";

export class Verdict {
  /** find: id -> element; changed: function that is called when the threshold changes. */
  constructor(find, changed) {
    Object.assign(this, { find, parts: new Bars(find("parts")), words: new Words(find) });
    this.slider = find("threshold");
    this.slider.value = localStorage.getItem(STORAGE_KEY) ?? 50;
    this.slider.addEventListener("input", () => {
      localStorage.setItem(STORAGE_KEY, this.slider.value);
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

  /** best: an action; share: its probability; presence: probability or null; when: a sentence about the time; who: a person, if there are several. */
  show({ best, share, presence, when = "", who = "" }) {
    const none = this.isNone(presence);
    this.find("verdict").dataset.none = none;
    this.#say("best", none ? "None of these" : best);
    const how = none ? `The closest is ${best}.` : `${percent(share)} sure, if it is one of these.`;
    this.#say("how", who ? `${who[0].toUpperCase()}${who.slice(1)}. ${how}` : how);
    this.#say("when", when);
    const known = presence !== null && presence !== undefined;
    this.slider.disabled = !known;
    this.#say("none-value", known ? percent(1 - presence) : "not known");
    this.find("none-fill").style.transform = `scaleX(${known ? 1 - presence : 0})`;
    this.#say("none-note", known ? "" : "This model is not calibrated, so it cannot detect that none of these actions happens.");
  }

  /** Show that there is no answer, and why. */
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

  /** explanation: an answer of /api/explain, whose parts (name -> log-odds lost when it is held still) may be absent; null for none. */
  explain(explanation) {
    if (explanation) this.words.show(explanation);
    else this.words.clear();
    const { parts, action } = explanation ?? {};
    if (!parts) {
      this.parts.clear();
      return this.#say("parts-says", explanation ? "A model in the browser cannot explain body parts; the server can." : HINT);
    }
    const names = Object.keys(parts).sort((a, b) => parts[b] - parts[a]);
    const most = Math.max(...Object.values(parts), 0.1);
    this.#say("parts-says", `Log-odds of “${action}” (in nats) that are lost when a part is held still.`);
    this.parts.show(names, names.map((name) => Math.max(parts[name], 0) / most), { values: names.map((name) => nats(parts[name])) });
  }

  #mark() {
    this.#say("threshold-value", percent(this.threshold));
    this.find("none-tick").style.left = `${100 - Number(this.slider.value)}%`;
  }

  #say(id, text) {
    const element = this.find(id);
    if (element.textContent !== text) element.textContent = text;
  }
}
