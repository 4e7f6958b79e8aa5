// Bars with their label and per cent as text; the bar itself is decoration for the eye.

export const percent = (share) => (share >= 0.995 && share < 1 ? "> 99 %" : share > 0 && share < 0.005 ? "< 1 %" : `${Math.round(share * 100)} %`);

export class Bars {
  #rows = new Map();
  #names = "";

  /** list: a ul; chosen: called with an action's name, or absent where bars cannot be chosen. */
  constructor(list, chosen) {
    this.list = list;
    this.chosen = chosen;
  }

  /** names and shares (0 to 1) in the order to be shown; values: texts, per cent by default; pressed: a name. */
  show(names, shares, { values = shares.map(percent), pressed = null } = {}) {
    if (this.#names !== JSON.stringify(names)) this.#build(names);
    const best = Math.max(...shares);
    names.forEach((name, place) => {
      const { row, fill, value } = this.#rows.get(name);
      fill.style.transform = `scaleX(${Math.min(Math.max(shares[place], 0), 1)})`;
      value.textContent = values[place];
      row.classList.toggle("best", shares[place] === best && best > 0);
      if (this.chosen) row.setAttribute("aria-pressed", String(name === pressed));
    });
  }

  clear() {
    this.#build([]);
  }

  #build(names) {
    this.#names = JSON.stringify(names);
    this.#rows.clear();
    this.list.replaceChildren(
      ...names.map((name) => {
        const item = document.createElement("li");
        const row = document.createElement(this.chosen ? "button" : "div");
        const [fill, label, value] = [1, 2, 3].map(() => document.createElement("span"));
        row.className = "bar";
        fill.className = "fill";
        value.className = "value";
        label.textContent = name;
        if (this.chosen) {
          row.type = "button";
          row.title = "Show when and by which part this action was known";
          row.addEventListener("click", () => this.chosen(name));
        }
        row.append(fill, label, value);
        item.append(row);
        this.#rows.set(name, { row, fill, value });
        return item;
      }),
    );
  }
}
