// Teaching by example: name the motion on display, or a part of it. It counts at once, can be undone, and can be saved.
import * as api from "./api.js";
import { save } from "./answers.js";
import { clean } from "./actions.js";
import { load, store } from "./store.js";
import { count, say, seconds, t } from "./texts.js";

const KEY = "zeroskel.teaching";
const SHORTEST = 0.3; // seconds of a part

export class Teach {
  #state = null; // {teaching, examples, counts} as the server sends it
  #range = null; // {start, end} in seconds, or null for the whole motion

  /** find: id -> element; attempt: runs work and shows its error; player, lanes, recording (function), taught: receives the name of a new example, or null after an undo. */
  constructor(parts) {
    Object.assign(this, parts);
    const { find, attempt } = parts;
    find("teach-form").addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(() => this.#add(clean(find("teach-name").value)));
    });
    find("teach-start").addEventListener("click", () => this.setStart());
    find("teach-end").addEventListener("click", () => this.setEnd());
    find("teach-all").addEventListener("click", () => this.whole());
    find("teach-save").addEventListener("click", () => attempt(async () => save("taught-bundle.zip", "application/zip", await api.bundle(this.id))));
    find("teach-forget").addEventListener("click", () => attempt(() => this.#forget()));
    this.#draw();
  }

  /** The id of the taught examples for the server, or undefined. */
  get id() {
    return this.#state?.teaching;
  }

  /** Fetch what was taught before the page was loaded again. */
  async restore() {
    const id = load(KEY, "sessionStorage");
    if (!id) return;
    this.#state = { teaching: id, examples: [] };
    try {
      this.#set(await api.taught(id));
    } catch (error) {
      if (error.status !== 404) throw error;
      this.lost();
    }
  }

  /** Open the form and go to its field. */
  open() {
    this.find("teach").open = true;
    this.find("teach-name").focus();
  }

  /** The server has forgotten the examples. */
  lost() {
    this.#set(null);
    say(this.find("teach-note"), t("teach.lost"));
  }

  /** Allow or forbid teaching, with the reason. */
  allow(possible, why = "") {
    this.find("teach-button").disabled = !possible;
    say(this.find("teach-note"), possible ? "" : why);
  }

  whole() {
    this.#mark(null);
  }

  setStart() {
    const last = this.recording()?.seconds ?? 0;
    const start = Math.max(this.player.seconds - 1 / this.player.fps, 0);
    this.#mark({ start: Math.min(start, last - SHORTEST), end: Math.max(this.#range?.end ?? last, Math.min(start + SHORTEST, last)) });
  }

  setEnd() {
    const end = Math.max(Math.min(this.player.seconds, this.recording()?.seconds ?? 0), SHORTEST);
    this.#mark({ start: Math.min(this.#range?.start ?? 0, end - SHORTEST), end });
  }

  #mark(range) {
    this.#range = this.recording() ? range : null;
    this.lanes.mark(this.#range);
    const text = this.#range ? t("teach.part", { start: this.#range.start.toFixed(1), end: seconds(this.#range.end) }) : t("teach.whole");
    say(this.find("teach-range"), text);
  }

  /** Run work about the taught examples. Return its result, or null where the server has forgotten them. */
  async #known(work) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== 404) throw error;
      this.lost();
      return null;
    }
  }

  async #add(name) {
    const recording = this.recording();
    if (!recording) return say(this.find("teach-note"), t("answer.motion"));
    if (!name) return say(this.find("teach-note"), t("teach.name"));
    const examples = [{ recording: recording.wire, name, ...this.#range }];
    const answer = await this.#known(() => api.adapt({ teaching: this.id, examples }));
    if (!answer) return;
    this.find("teach-name").value = "";
    this.#set(answer);
    say(this.find("teach-note"), t("teach.done", { name }));
    this.taught(name);
  }

  async #undo(example) {
    const state = await this.#known(() => api.undo(this.id, example.id));
    if (!state) return;
    this.#set(state);
    say(this.find("teach-note"), t("teach.undone", example));
    this.taught(null);
    (this.find("teach-list").querySelector("button") ?? this.find("teach-name")).focus();
  }

  async #forget() {
    await this.#known(() => api.forget(this.id));
    this.#set(null);
    say(this.find("teach-note"), t("teach.forgotten"));
    this.taught(null);
    this.find("teach-name").focus();
  }

  #set(state) {
    this.#state = state;
    store(KEY, state?.teaching ?? "", "sessionStorage");
    this.#draw();
  }

  #draw() {
    const examples = this.#state?.examples ?? [];
    this.find("teach-save").hidden = this.find("teach-forget").hidden = !examples.length;
    say(this.find("teach-count"), examples.length ? count("teach.count", examples.length) : "");
    this.find("teach-list").replaceChildren(
      ...examples.toReversed().map((example) => {
        const item = document.createElement("li");
        const text = document.createElement("span");
        text.textContent = t("teach.example", { name: example.name, seconds: seconds(example.seconds) });
        const undo = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: t("teach.undo") });
        undo.setAttribute("aria-label", t("teach.undo.label", example));
        undo.addEventListener("click", () => this.attempt(() => this.#undo(example)));
        item.append(text, undo);
        return item;
      }),
    );
  }
}
