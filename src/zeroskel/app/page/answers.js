// The latest answers: a table that can be saved as CSV or JSON.
import { loadJson, storeJson } from "./store.js";
import { percent, seconds, t } from "./texts.js";

const STORAGE_KEY = "zeroskel.answers";
const MAX_ANSWERS = 200;
const COLUMNS = ["time", "motion", "answer", "best", "one_of_these", "threshold", "clear_from_seconds", "action", "probability"];

/** Return a CSV cell. A text that a spreadsheet would treat as a formula is marked as text. */
function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Return CSV with one line per answer and action. */
export function toCsv(answers) {
  const lines = answers.flatMap((one) =>
    one.actions.map((action, index) => {
      const line = { ...one, answer: one.none_of_these ? "none of these" : one.best, one_of_these: one.presence, clear_from_seconds: one.clear_from, action, probability: one.probabilities[index] };
      return COLUMNS.map((column) => cell(line[column])).join(",");
    }),
  );
  return [COLUMNS.join(","), ...lines].join("\r\n") + "\r\n";
}

export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export class Answers {
  constructor({ rows, csv, json, forget }) {
    Object.assign(this, { rows, buttons: [csv, json, forget], empty: rows.firstElementChild, list: this.#stored() });
    csv.addEventListener("click", () => save("zeroskel-answers.csv", "text/csv", toCsv(this.list)));
    json.addEventListener("click", () => save("zeroskel-answers.json", "application/json", JSON.stringify(this.list, null, 1)));
    forget.addEventListener("click", () => {
      this.list = [];
      this.#changed();
    });
    this.#draw();
  }

  /** {motion, actions, probabilities, presence, none_of_these, best, threshold, clear_from} -> the stored entry. */
  add(answer) {
    const entry = { time: new Date().toISOString(), ...answer };
    this.list.unshift(entry);
    this.list.length = Math.min(this.list.length, MAX_ANSWERS);
    this.#changed();
    return entry;
  }

  update(entry, more) {
    Object.assign(entry, more);
    this.#changed();
  }

  #stored() {
    const stored = loadJson(STORAGE_KEY, "sessionStorage");
    return Array.isArray(stored) ? stored.filter((one) => Array.isArray(one?.actions) && Array.isArray(one.probabilities)) : [];
  }

  #changed() {
    storeJson(STORAGE_KEY, this.list, "sessionStorage");
    this.#draw();
  }

  #draw() {
    this.buttons.forEach((button) => (button.disabled = !this.list.length));
    if (!this.list.length) return this.rows.replaceChildren(this.empty);
    this.rows.replaceChildren(
      ...this.list.map((one) => {
        const row = document.createElement("tr");
        const share = one.probabilities[one.actions.indexOf(one.best)];
        const texts = [
          new Date(one.time).toLocaleTimeString(),
          one.motion,
          one.none_of_these ? t("people.none", one) : one.best,
          percent(share),
          one.presence === null ? t("none.unknown") : percent(one.presence),
          typeof one.clear_from === "number" ? seconds(one.clear_from) : "–",
        ];
        row.append(...texts.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
        return row;
      }),
    );
  }
}
