// Where a motion comes from: an example, a file that is chosen or dropped, and what a person states about a file.
import * as api from "./api.js";
import { percent, say, t } from "./texts.js";

const FACTS = ["layout", "up", "unit", "fps", "joints", "mirror"]; // ids of fields, names of parameters
const MOST = 6; // joints that are listed as missing

export class Sources {
  #file = null;
  #latest = 0; // number of the motion that was asked for last; an older one that arrives later is not shown

  /** find: id -> element; attempt: runs work and shows its error; note: shows a line; opened: receives (content, title, example). */
  constructor({ find, attempt, note, opened }) {
    Object.assign(this, { find, attempt, note, opened, example: null });
    find("clips").addEventListener("change", () => find("clips").value && this.openExample(find("clips").value));
    find("file").addEventListener("change", (event) => {
      if (event.target.files[0]) this.openFile(event.target.files[0]);
    });
    for (const name of FACTS)
      find(name).addEventListener("change", () => (this.#file ? this.openFile(this.#file) : note(t("facts.file"), "plain")));
    for (const kind of ["dragover", "dragleave", "drop"])
      document.addEventListener(kind, (event) => {
        event.preventDefault();
        document.body.classList.toggle("dropping", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files[0]) this.openFile(event.dataTransfer.files[0]);
      });
  }

  /** List the examples: [{id, title}]. */
  list(clips) {
    this.find("clips").append(...clips.map(({ id, title }) => new Option(title, id)));
  }

  openExample(id) {
    return this.attempt(async () => {
      const number = ++this.#latest;
      const content = await api.clip(id);
      if (number !== this.#latest) return;
      this.#file = null;
      this.example = id;
      this.find("clips").value = id;
      this.find("file").value = "";
      const title = this.find("clips").selectedOptions[0]?.textContent || id;
      say(this.find("reading"), t("reading.example"));
      this.note(t("reading.example"), "plain");
      this.opened(content, title, id);
    });
  }

  /** Open the example after the one on display. */
  next() {
    const ids = [...this.find("clips").options].map(({ value }) => value).filter(Boolean);
    if (ids.length) this.openExample(ids[(ids.indexOf(this.example) + 1) % ids.length]);
  }

  openFile(file) {
    return this.attempt(async () => {
      const number = ++this.#latest;
      this.#file = file;
      this.note(t("reading", { name: file.name }), "plain");
      const facts = Object.fromEntries(FACTS.map((name) => [name, this.find(name).value]));
      const content = await api.read(file, facts).catch((error) => {
        error.message = error.message.replace(/^recording(\.\w+)?(?=[,: ])/, file.name); // the server does not store names
        throw error;
      });
      if (number !== this.#latest) return;
      this.#none();
      const text = t("reading.file", { name: file.name, text: content.reading?.text ?? "" });
      say(this.find("reading"), text);
      this.note(text, "plain");
      this.opened(content, file.name, null);
    });
  }

  /** A motion that is neither an example nor a file, such as one that was recorded here. */
  openOther(content, title) {
    this.#latest += 1;
    this.#file = null;
    this.#none();
    say(this.find("reading"), "");
    this.note("", "plain");
    this.opened(content, title, null);
  }

  /** Say which joints were not seen. */
  describe(recording) {
    const missing = recording.missing();
    const names = missing.slice(0, MOST).map(({ joint, share }) => (share === 1 ? t("about.always", { joint }) : t("about.partly", { joint, share: percent(share) })));
    if (missing.length > MOST) names.push(t("about.more", { count: missing.length - MOST }));
    say(this.find("missing"), names.length ? t("about.missing", { list: names.join(", ") }) : t("about.complete", { count: recording.joints.length }));
  }

  #none() {
    this.example = null;
    this.find("clips").value = "";
  }
}
