// How sure each action was over time. The server gives the information in nats above chance, log p(action) + log A.
import { seconds, t } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
const [ABOVE, BELOW, THUMB] = [10, 22, 8]; // pixels; the THUMB margin aligns the axis with the thumb of the slider

function element(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

export class Curve {
  #shown = null;
  #now = null;

  constructor(svg) {
    this.svg = svg;
    new ResizeObserver(() => this.#draw()).observe(svg);
  }

  /** times (n,), information [n][action], chosen: index of an action, from and to in seconds, moments and their losses in nats. */
  show(shown) {
    this.#shown = shown;
    this.#draw();
  }

  clear() {
    this.show(null);
  }

  /** Show the position of the time slider, in seconds. */
  at(seconds) {
    this.#now = seconds;
    this.#mark();
  }

  #x(seconds) {
    const { from, to } = this.#shown;
    return THUMB + ((seconds - from) / Math.max(to - from, 1e-6)) * (this.svg.clientWidth - 2 * THUMB);
  }

  #draw() {
    this.svg.replaceChildren();
    const { clientWidth: width, clientHeight: height } = this.svg;
    const bottom = height - BELOW;
    if (!this.#shown) {
      this.svg.append(element("line", { class: "zero", x1: THUMB, x2: width - THUMB, y1: bottom * 0.7, y2: bottom * 0.7 }));
      return;
    }
    const { times, information, chosen, from, to, moments = [], losses = [], known = null } = this.#shown;
    const actions = Math.max(information[0]?.length ?? 2, 2);
    const y = (nats) => ABOVE + (1 - Math.min(Math.exp(nats) / actions, 1)) * (bottom - ABOVE);
    const largest = Math.max(...losses, 0.05);
    moments.forEach(([start, end], index) => {
      const tall = (Math.max(losses[index], 0) / largest) * (bottom - ABOVE) * 0.5;
      this.svg.append(element("rect", { class: "moment", x: this.#x(start) + 1, width: Math.max(this.#x(end) - this.#x(start) - 2, 1), y: bottom - tall, height: tall }));
    });
    this.svg.append(
      element("line", { class: "axis", x1: THUMB, x2: width - THUMB, y1: bottom, y2: bottom }),
      element("line", { class: "zero", x1: THUMB, x2: width - THUMB, y1: y(0), y2: y(0) }),
      element("text", { x: THUMB, y: height - 6 }, seconds(from)),
      element("text", { x: width - THUMB, y: height - 6, "text-anchor": "end" }, seconds(to)),
    );
    const order = [...(information[0] ?? []).keys()].sort((a, b) => (a === chosen) - (b === chosen));
    for (const action of order) {
      const points = times.map((time, n) => `${this.#x(time).toFixed(1)},${y(information[n][action]).toFixed(1)}`);
      this.svg.append(element("polyline", { class: action === chosen ? "line chosen" : "line", points: points.join(" ") }));
    }
    this.svg.append(
      element("text", { x: THUMB + 2, y: y(0) - 4 }, t("curve.guess")),
      element("text", { x: THUMB + 2, y: ABOVE + 10 }, t("curve.certain")),
    );
    if (known !== null) this.svg.append(element("line", { class: "known", x1: this.#x(known), x2: this.#x(known), y1: ABOVE, y2: bottom }));
    this.#mark();
  }

  #mark() {
    this.svg.querySelector(".now")?.remove();
    if (!this.#shown || this.#now === null) return;
    const x = this.#x(Math.min(Math.max(this.#now, this.#shown.from), this.#shown.to));
    this.svg.append(element("line", { class: "now", x1: x, x2: x, y1: 0, y2: this.svg.clientHeight - BELOW }));
  }
}

/** Return the time from which the best action no longer changed; null where nothing was observed. */
export function knownFrom(times, information) {
  const best = information.map((row) => row.indexOf(Math.max(...row)));
  let index = best.length - 1;
  while (index > 0 && best[index - 1] === best.at(-1)) index--;
  return index < 0 ? null : times[index];
}
