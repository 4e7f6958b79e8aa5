// Why the answer is as it is: what the motion shows in words, the parts of the body, and the numbers. All of it is text, never HTML.
import { Bars } from "./bars.js";
import { say, t } from "./texts.js";

const STEPS = [0.05, 0.25, 0.6]; // shares of the most important part of the body: a little, some, a lot

/** Format with two digits, a typographic minus, and no minus before a zero. */
const number = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");
const readable = (name) => name.replaceAll("_", " ");

export class Why {
  /** find: id -> element. */
  constructor(find) {
    Object.assign(this, { find, parts: new Bars(find("parts")) });
    this.clear();
  }

  /** explanation: an answer of /api/explain; words and parts are absent where the model cannot tell them. */
  show(explanation) {
    const { action, rival, shown, speaks_for: reasons = [], speaks_against: doubts = [], parts, quantities } = explanation;
    if (shown?.length) {
      say(this.find("shown-says"), "");
      this.#list("shown", shown);
      say(this.find("for-says"), reasons.length ? t("shown.for", { action, rival }) : "");
      this.#list("for", reasons);
      say(this.find("against-says"), doubts.length ? t("shown.against", { action, rival }) : "");
      this.#list("against", doubts);
    } else this.#silent(t(shown ? "shown.unable" : "shown.local"));
    this.#body(action, parts);
    this.#numbers({ ...parts, ...quantities });
  }

  /** Show that nothing is known yet. */
  clear() {
    this.#silent(t("shown.hint"));
    this.parts.clear();
    say(this.find("parts-says"), t("parts.hint"));
    this.#numbers({});
  }

  #body(action, parts) {
    say(this.find("parts-says"), parts ? t("parts.says", { action }) : t("parts.local"));
    if (!parts) return this.parts.clear();
    const names = Object.keys(parts).sort((a, b) => parts[b] - parts[a]);
    const most = Math.max(...Object.values(parts), 0.1);
    const words = names.map((name) => t(`parts.${STEPS.filter((step) => parts[name] / most >= step).length}`));
    this.parts.show(names.map((name) => (name === "torso" ? t("part.trunk") : name)), names.map((name) => parts[name] / most), words);
  }

  #numbers(values) {
    this.find("numbers").replaceChildren(
      ...Object.entries(values).map(([name, value]) => {
        const row = document.createElement("tr");
        row.append(...[readable(name), number(value)].map((text) => Object.assign(document.createElement("td"), { textContent: text })));
        return row;
      }),
    );
  }

  #silent(why) {
    say(this.find("shown-says"), why);
    for (const id of ["for-says", "against-says"]) say(this.find(id), "");
    for (const id of ["shown", "for", "against"]) this.#list(id, []);
  }

  #list(id, phrases) {
    this.find(id).replaceChildren(...phrases.map((phrase) => Object.assign(document.createElement("li"), { textContent: phrase })));
  }
}
