// A button that opens a short list of buttons. Escape, a click elsewhere and a choice close it.

export class Menu {
  /** button, list: elements; chosen: receives the button of the list that was clicked. */
  constructor({ button, list, chosen }) {
    Object.assign(this, { button, list });
    button.addEventListener("click", () => this.#open(list.hidden));
    list.addEventListener("click", (event) => {
      const item = event.target.closest("button");
      if (!item) return;
      this.#open(false);
      button.focus();
      chosen(item);
    });
    document.addEventListener("click", (event) => {
      if (!button.contains(event.target) && !list.contains(event.target)) this.#open(false);
    });
    for (const part of [button, list])
      part.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || list.hidden) return;
        this.#open(false);
        button.focus();
      });
  }

  #open(open) {
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.list.querySelector("button").focus();
  }
}
