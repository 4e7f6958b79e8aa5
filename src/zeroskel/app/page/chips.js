// The actions as chips: typed, removed, kept in the browser. Texts only ever become text nodes.

const KEPT = "zeroskel.actions";
const FIRST = ["wave a hand", "clap", "squat", "run"];

/** "name" or "name: one text; another" -> {name, texts}. */
export function parse(text) {
  const [, name, rest] = /^(.*?)(?::\s+(.*))?$/s.exec(text.trim());
  const texts = (rest ?? "").split(";").map((one) => one.trim()).filter(Boolean);
  return { name: name.trim().replace(/\s+/g, " "), texts };
}

export class Chips {
  #changed;

  /** list, form, input, note: elements; changed: called with the actions after every change. */
  constructor({ list, form, input, note, clear, changed }) {
    Object.assign(this, { list, form, input, note, limits: { actions: 100, action_length: 1000 } });
    this.#changed = changed;
    this.actions = this.#kept();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.add(input.value)) input.value = "";
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !input.value && this.actions.length) this.remove(this.actions.length - 1);
    });
    input.addEventListener("paste", (event) => {
      const lines = event.clipboardData.getData("text").split(/\r?\n/).filter((line) => line.trim());
      if (lines.length < 2) return;
      event.preventDefault();
      lines.forEach((line) => this.add(line));
    });
    clear.addEventListener("click", () => {
      this.replace([]);
      input.focus();
    });
    this.#draw();
  }

  /** As the server takes them. */
  get wire() {
    return this.actions.map(({ name, texts }) => (texts.length ? { name, texts } : name));
  }

  add(text) {
    const action = parse(text);
    if (!action.name) return this.#say("Type the name of an action first.");
    if (this.actions.some((other) => other.name === action.name)) return this.#say(`“${action.name}” is there already.`);
    if (this.actions.length >= this.limits.actions) return this.#say(`The server takes at most ${this.limits.actions} actions.`);
    if ([action.name, ...action.texts].some((one) => one.length > this.limits.action_length))
      return this.#say(`An action's text may have ${this.limits.action_length} characters at most.`);
    this.actions.push(action);
    this.#say("");
    this.#keep();
    return true;
  }

  /** Others in their place: actions as in `actions`. */
  replace(actions) {
    this.actions = actions;
    this.#say("");
    this.#keep();
  }

  remove(place) {
    const [{ name }] = this.actions.splice(place, 1);
    this.#say(`“${name}” removed.`, "plain");
    this.#keep();
    const next = this.list.querySelectorAll("button")[Math.min(place, this.actions.length - 1)];
    (next ?? this.input).focus();
  }

  #kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT));
      if (Array.isArray(kept)) return kept.map(({ name, texts }) => ({ name: String(name), texts: texts.map(String) }));
    } catch (error) {
      console.info("the actions kept in this browser cannot be read:", error.message);
    }
    return FIRST.map((name) => ({ name, texts: [] }));
  }

  #keep() {
    localStorage.setItem(KEPT, JSON.stringify(this.actions));
    this.#draw();
    this.#changed();
  }

  #say(text, kind = "wrong") {
    this.note.dataset.kind = kind;
    this.note.textContent = text;
    return false;
  }

  #draw() {
    this.list.replaceChildren(
      ...this.actions.map(({ name, texts }, place) => {
        const chip = document.createElement("li");
        const text = document.createElement("span");
        text.textContent = name;
        if (texts.length) {
          const more = document.createElement("small");
          more.textContent = texts.length === 1 ? "1 wording" : `${texts.length} wordings`;
          more.title = texts.join("; ");
          text.append(more);
        }
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = "×";
        button.setAttribute("aria-label", `Remove ${name}`);
        button.addEventListener("click", () => this.remove(place));
        chip.append(text, button);
        return chip;
      }),
    );
  }
}
