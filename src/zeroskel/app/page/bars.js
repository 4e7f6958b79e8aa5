// Bars with a label and a text. The bar itself is decoration.

export class Bars {
  /** list: a ul. */
  constructor(list) {
    this.list = list;
  }

  /** names, lengths (0 to 1) and values (texts) in display order. */
  show(names, lengths, values) {
    this.list.replaceChildren(
      ...names.map((name, index) => {
        const item = document.createElement("li");
        const row = document.createElement("div");
        const [fill, label, value] = ["fill", "name", "value"].map((kind) => Object.assign(document.createElement("span"), { className: kind }));
        row.className = "bar";
        fill.style.transform = `scaleX(${Math.min(Math.max(lengths[index], 0), 1)})`;
        label.textContent = name;
        value.textContent = values[index];
        row.append(fill, label, value);
        item.append(row);
        return item;
      }),
    );
  }

  clear() {
    this.show([], [], []);
  }
}
