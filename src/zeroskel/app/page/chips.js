// The actions as chips, which the browser stores. Texts of the user only become text nodes.

const STORAGE_KEY = "zeroskel.actions";
const FIRST = ["wave a hand", "clap", "squat", "run"];

/** Parse "name" or "name: one text; another" to {name, texts}. */
export function parse(text) {
  const [, name, rest] = /^(.*?)(?::\s+(.*))?$/s.exec(text.trim());
  const texts = (rest ?? "").split(";").map((one) => one.trim()).filter(Boolean);
  return { name: name.trim().replace(/\s+/g, " "), texts };
}

export class Chips {
  #changed;

  /** list, form, input, note, clear: elements; changed: function that is called after every change. */
  constructor({ list, form, input, note, clear, changed }) {
    Object.assign(this, { list, form, input, note, limits: { actions: 100, action_length: 1000 } });
    this.#changed = changed;
    this.actions = this.#stored();
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

  /** The actions in the form that the server expects. */
  get wire() {
    return this.actions.map(({ name, texts }) => (texts.length ? { name, texts } : name));
  }

  add(text) {
    const action = parse(text);
    if (!action.name) return this.#say("Type the name of an action first.");
    if (this.actions.some((other) => other.name === action.name)) return this.#say(`“${action.name}” is already in the list.`);
    if (this.actions.length >= this.limits.actions) return this.#say(`The server accepts at most ${this.limits.actions} actions.`);
    if ([action.name, ...action.texts].some((one) => one.length > this.limits.action_length))
      return this.#say(`The text of an action may have at most ${this.limits.action_length} characters.`);
    this.actions.push(action);
    this.#say("");
    this.#store();
    return true;
  }

  /** Replace all actions. */
  replace(actions) {
    this.actions = actions;
    this.#say("");
    this.#store();
  }

  remove(index) {
    const [{ name }] = this.actions.splice(index, 1);
    this.#say(`“${name}” removed.`, "plain");
    this.#store();
    const next = this.list.querySelectorAll("button")[Math.min(index, this.actions.length - 1)];
    (next ?? this.input).focus();
  }

  #stored() {
    try {
      const stored = JSON.parse(localStorage.getItem(STORAGE_KEY));
      if (Array.isArray(stored)) return stored.map(({ name, texts }) => ({ name: String(name), texts: texts.map(String) }));
    } catch (error) {
      console.info("The actions stored in this browser cannot be read:", error.message);
    }
    return FIRST.map((name) => ({ name, texts: [] }));
  }

  #store() {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(this.actions));
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
      ...this.actions.map(({ name, texts }, index) => {
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
        button.addEventListener("click", () => this.remove(index));
        chip.append(text, button);
        return chip;
      }),
    );
  }
}
