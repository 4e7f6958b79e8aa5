// Keyboard shortcuts of single keys. They do nothing in text fields, and can be switched off in their dialog.
import { load, store } from "./store.js";
import { t } from "./texts.js";

const KEY = "zeroskel.shortcuts";

export class Shortcuts {
  /** dialog, list, box: the dialog, its list and its checkbox; button: opens it; keys: key -> [name of its text, function]. */
  constructor({ dialog, list, box, button, keys }) {
    Object.assign(this, { dialog, box, keys });
    box.checked = load(KEY) !== "off";
    box.addEventListener("change", () => store(KEY, box.checked ? "on" : "off"));
    button.addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside the dialog
    });
    const shown = [...Object.entries(keys).map(([key, [name]]) => [key, name]), ["?", "keys.help"]];
    list.append(
      ...shown.flatMap(([key, name]) => {
        const term = document.createElement("dt");
        term.append(Object.assign(document.createElement("kbd"), { textContent: key === " " ? t("keys.space") : key }));
        return [term, Object.assign(document.createElement("dd"), { textContent: t(name) })];
      }),
    );
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (!this.box.checked || this.dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (at.matches?.("input:not([type=range]):not([type=checkbox]), select, textarea")) return;
    if (event.key === " " && at.closest?.("button, a, label, summary, input")) return; // the key of the control itself
    if (event.key === "?") {
      event.preventDefault();
      return this.dialog.showModal();
    }
    const shortcut = this.keys[event.key.toLowerCase()];
    if (!shortcut) return;
    event.preventDefault();
    shortcut[1]();
  }
}
