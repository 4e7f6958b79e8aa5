// Bars with a label and a percentage as text. The bar itself is decoration.

export const percent = (share) => (share >= 0.995 && share < 1 ? "> 99 %" : share > 0 && share < 0.005 ? "< 1 %" : `${Math.round(share * 100)} %`);

export class Bars {
  #rows = new Map();
  #names = "";

  /** list: a ul; chosen: function that receives the name of a clicked bar; absent where bars cannot be clicked. */
  constructor(list, chosen) {
    this.list = list;
    this.chosen = chosen;
  }

  /** names, shares: labels and lengths (0 to 1) in display order; values: texts, by default percentages; pressed: name of the selected bar. */
  show(names, shares, { values = shares.map(percent), pressed = null } = {}) {
    if (this.#names !== JSON.stringify(names)) this.#build(names);
    const best = Math.max(...shares);
    names.forEach((name, index) => {
      const { row, fill, value } = this.#rows.get(name);
      fill.style.transform = `scaleX(${Math.min(Math.max(shares[index], 0), 1)})`;
      value.textContent = values[index];
      row.classList.toggle("best", shares[index] === best && best > 0);
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
          row.title = "Explain this action: over time and by body part";
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
