// The actions as one list: what may happen, how well each fits, and a button to remove it. Texts of the user only become text nodes.
import { loadJson, storeJson } from "./store.js";
import { count, percent, say, t } from "./texts.js";

const STORAGE_KEY = "zeroskel.actions";
/** The first visit's actions: one for each example, in the order in which they fit the first. */
const FIRST = [
  "wave both hands", "circle the arms", "punch upward", "run and clap overhead", "walk and wave a hand", "raise an arm",
  "kick", "lift a leg sideways", "lunge", "turn the head to the left", "squat",
];

/** Return a text as the server accepts it: one kind of space, and no characters that nothing shows. */
export function clean(text) {
  return text.normalize("NFC").replace(/[\p{Z}\p{Cc}]+/gu, " ").replace(/\p{C}/gu, "").trim();
}

/** Parse "name" or "name: one text; another" to {name, texts}. */
export function parse(text) {
  const [, name, rest] = /^(.*?)(?::\s+(.*))?$/s.exec(text.trim());
  return { name: clean(name), texts: (rest ?? "").split(";").map(clean).filter(Boolean) };
}

/** Actions in the form that the server expects. */
export const toWire = (actions) => actions.map(({ name, texts }) => (texts.length ? { name, texts } : name));

/** Return those of a list of anything that are actions, each once. */
function valid(list) {
  const actions = [];
  for (const one of list) {
    if (typeof one?.name !== "string") continue;
    const texts = Array.isArray(one.texts) ? one.texts.filter((text) => typeof text === "string").map(clean).filter(Boolean) : [];
    const action = { name: clean(one.name), texts };
    if (action.name && !actions.some((other) => same(other.name, action.name))) actions.push(action);
  }
  return actions;
}

/** Return the actions of the visit before, or those of the first visit. */
export function storedActions() {
  const stored = loadJson(STORAGE_KEY);
  const actions = Array.isArray(stored) ? valid(stored) : [];
  return actions.length || stored?.length === 0 ? actions : FIRST.map((name) => ({ name, texts: [] }));
}

/** The inverse of parse. */
export const format = ({ name, texts }) => (texts.length ? `${name}: ${texts.join("; ")}` : name);

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const same = (one, other) => one.toLocaleLowerCase() === other.toLocaleLowerCase();

export class ActionList {
  #rows = new Map(); // name -> {item, bar, fill, value}
  #changed;

  /** list, form, input, note, clear: elements; changed: called after every change; chosen: receives the name of a clicked row. */
  constructor({ list, form, input, note, clear, changed, chosen }) {
    Object.assign(this, { list, form, input, note, chosen, limits: { actions: 100, action_length: 1000 } });
    this.#changed = changed;
    this.actions = storedActions();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.add(input.value)) input.value = "";
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
    return toWire(this.actions);
  }

  has(name) {
    return this.actions.some((action) => same(action.name, name));
  }

  /** Whether these are the first visit's actions. */
  get first() {
    return JSON.stringify(this.wire) === JSON.stringify(FIRST);
  }

  /** Add an action in front, next to the field. Return whether it is new and valid. */
  add(text) {
    const action = parse(text);
    if (!action.name) return this.#say(t("action.none"));
    if (this.has(action.name)) return this.#say(t("action.double", action));
    if (this.actions.length >= this.limits.actions) return this.#say(t("action.most", { most: this.limits.actions }));
    if ([action.name, ...action.texts].some((one) => one.length > this.limits.action_length))
      return this.#say(t("action.long", { most: this.limits.action_length }));
    this.#say("");
    this.#set([action, ...this.actions]);
    return true;
  }

  /** Replace all actions. */
  replace(actions) {
    this.#say("");
    this.#set(actions);
  }

  remove(name) {
    const index = [...this.list.children].indexOf(this.#rows.get(name).item);
    this.#say(t("action.removed", { name }), "plain");
    this.#set(this.actions.filter((action) => action.name !== name));
    const next = this.list.children[Math.min(index, this.actions.length - 1)];
    (next?.querySelector(".remove") ?? this.input).focus();
  }

  /** Show how well the actions fit. shares: name -> 0 to 1; pressed: name of the explained action; sort: whether the best comes first; problems: of names that the server cannot use. */
  show(shares, { pressed = null, sort = false, problems = [] } = {}) {
    const most = Math.max(...shares.values());
    for (const [name, { bar, fill, value }] of this.#rows) {
      const share = shares.get(name);
      fill.style.transform = `scaleX(${Math.min(Math.max(share ?? 0, 0), 1)})`;
      say(value, share === undefined ? "…" : percent(share));
      bar.classList.toggle("best", share === most && most > 0);
      bar.setAttribute("aria-pressed", String(name === pressed));
    }
    for (const { index, detail } of problems) {
      const row = this.#rows.get(this.actions[index]?.name);
      if (row && !shares.has(this.actions[index].name)) say(row.value, t("action.unusable", { detail }));
    }
    const rank = (name) => Math.round(100 * (shares.get(name) ?? 2)); // differences that nobody sees move no rows
    if (sort) this.#sort([...this.#rows.keys()].sort((a, b) => rank(b) - rank(a)));
  }

  /** Take the percentages away. */
  clear() {
    for (const { bar, fill, value } of this.#rows.values()) {
      fill.style.transform = "scaleX(0)";
      say(value, "");
      bar.classList.remove("best");
      bar.setAttribute("aria-pressed", "false");
    }
  }

  /** Bring the rows into an order. They glide to their places, and a row with the focus keeps it. */
  #sort(names) {
    const items = names.map((name) => this.#rows.get(name).item);
    if (items.every((item, index) => this.list.children[index] === item)) return;
    const focused = document.activeElement;
    const before = items.map((item) => item.offsetTop);
    this.list.append(...items);
    items.forEach((item, index) => {
      const from = before[index] - item.offsetTop;
      if (from) item.animate([{ transform: `translateY(${from}px)` }, { transform: "none" }], { duration: calm.matches ? 30 : 220, easing: "ease-out" });
    });
    if (focused !== document.activeElement && this.list.contains(focused)) focused.focus({ preventScroll: true });
  }

  #set(actions) {
    this.actions = valid(actions);
    storeJson(STORAGE_KEY, this.actions);
    this.#draw();
    this.#changed();
  }

  #say(text, kind = "wrong") {
    this.note.dataset.kind = kind;
    say(this.note, text);
    return false;
  }

  #draw() {
    const rows = new Map(this.actions.map((action) => [action.name, this.#row(action)]));
    for (const [name, { item }] of this.#rows) if (rows.get(name)?.item !== item) item.remove();
    const fresh = [...rows.keys()].filter((name) => rows.get(name).item !== this.#rows.get(name)?.item);
    this.#rows = rows;
    this.list.prepend(...fresh.map((name) => rows.get(name).item));
  }

  #row(action) {
    const { name, texts } = action;
    const known = this.#rows.get(name);
    if (known?.text === format(action)) return known;
    const item = document.createElement("li");
    const bar = Object.assign(document.createElement("button"), { type: "button", className: "bar", title: t("action.explain") });
    const [fill, label, value] = ["fill", "name", "value"].map((kind) => Object.assign(document.createElement("span"), { className: kind }));
    label.textContent = name;
    if (texts.length) label.append(Object.assign(document.createElement("small"), { textContent: count("action.words", texts.length), title: texts.join("; ") }));
    bar.setAttribute("aria-pressed", "false");
    bar.addEventListener("click", () => this.chosen(name));
    bar.append(fill, label, value);
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "remove", textContent: "×" });
    remove.setAttribute("aria-label", t("action.remove", { name }));
    remove.addEventListener("click", () => this.remove(name));
    item.append(bar, remove);
    return { item, bar, fill, value, text: format(action) };
  }
}
