// The timeline: one lane for each person with the actions over time, below the slider. A click jumps to an action.
import { COLOURS, name } from "./people.js";
import { inWords, say, seconds, t } from "./texts.js";

const SMALLEST = 24; // pixels: a narrower part is not a button, since fingers would hit its neighbours

export class Lanes {
  #timeline = null;
  #range = null;
  #seconds = 0;

  /** find: id -> element; jump: function of seconds. */
  constructor({ find, jump }) {
    Object.assign(this, { root: find("lanes"), says: find("lanes-says"), jump });
    this.range = Object.assign(document.createElement("div"), { className: "range", hidden: true });
    this.now = Object.assign(document.createElement("div"), { className: "now" });
    this.width = 0; // pixels of a lane
    new ResizeObserver(() => this.#measure()).observe(this.root);
    this.clear("");
  }

  /** Segments of the timeline on display, or none. */
  get segments() {
    return this.#timeline?.segments ?? [];
  }

  /** Whether several actions follow each other, so that one answer for all of it says little. */
  get several() {
    return this.segments.length > 1 && this.segments.some(({ action, person }) => action !== this.segments[0].action || person !== this.segments[0].person);
  }

  /** What a person does at a moment: {segment or null, shares: of the actions among each other, none: probability of none of them}. */
  momentOf(person, moment) {
    const lane = this.#timeline.lanes?.find((one) => one.person === person);
    const row = lane && lane.probabilities[Math.min(Math.max(Math.floor((moment - lane.start) / lane.step), 0), lane.probabilities.length - 1)];
    const segment = this.segments.find((one) => one.person === person && moment >= one.start && moment <= one.end) ?? null;
    if (!row) return { segment, shares: null, none: null };
    const any = row.slice(0, -1).reduce((sum, share) => sum + share, 0);
    return { segment, shares: row.slice(0, -1).map((share) => share / Math.max(any, 1e-9)), none: row.at(-1) };
  }

  /** Empty the lanes. why: text that stands there. */
  clear(why) {
    this.#timeline = null;
    say(this.says, why);
    this.#draw();
  }

  /** timeline: an answer of /api/timeline; live: whether it is of a stream, in which nobody can jump. */
  show(timeline) {
    this.#timeline = timeline;
    say(this.says, timeline.segments.length ? "" : t("lanes.none"));
    this.#draw();
  }

  /** Mark the moment of the slider. duration: seconds of the clock. */
  at(moment, duration) {
    const moved = duration !== this.#seconds;
    this.#seconds = duration;
    this.now.style.transform = `translateX(${100 * Math.min(moment / Math.max(duration, 1e-6), 1)}%)`;
    if (moved) {
      this.mark(this.#range);
      this.#draw();
    }
    for (const part of this.root.querySelectorAll(".segment"))
      part.classList.toggle("on", moment >= Number(part.dataset.start) && moment <= Number(part.dataset.end));
  }

  /** Mark a part of the recording: {start, end} in seconds, or null for none. */
  mark(range) {
    this.#range = range;
    this.range.hidden = !range || !this.#seconds;
    if (this.range.hidden) return;
    this.range.style.left = `${(100 * range.start) / this.#seconds}%`;
    this.range.style.width = `${(100 * (range.end - range.start)) / this.#seconds}%`;
  }

  #draw() {
    const { segments = [], people = [] } = this.#timeline ?? {};
    const rows = (people.length ? people : [0]).map((person) => {
      const lane = Object.assign(document.createElement("li"), { className: "lane" });
      const label = document.createElement("span");
      label.className = people.length > 1 ? `person person-${person % COLOURS}` : "soft";
      label.textContent = people.length > 1 ? name(person) : t("lanes");
      const track = Object.assign(document.createElement("div"), { className: "track" });
      track.append(...segments.filter((segment) => segment.person === person).map((segment) => this.#segment(segment)));
      lane.append(label, track);
      return lane;
    });
    const marks = Object.assign(document.createElement("li"), { className: "marks" });
    const track = Object.assign(document.createElement("div"), { className: "track" });
    marks.setAttribute("aria-hidden", "true");
    track.append(this.range, this.now);
    marks.append(track);
    this.root.replaceChildren(...rows, marks);
  }

  /** Draw again where the width of the lanes has changed, by which parts become buttons. */
  #measure() {
    const { clientWidth: width } = this.now.parentElement;
    if (width === this.width) return;
    this.width = width;
    this.#draw();
  }

  #segment({ start, end, action, probability }) {
    const all = Math.max(this.#seconds, 1e-6);
    const wide = ((end - start) / all) * this.width >= SMALLEST;
    const part = Object.assign(document.createElement(wide && !this.#timeline.live ? "button" : "span"), { className: "segment" });
    const text = t("lanes.segment", { action, start: start.toFixed(1), end: seconds(end), sure: inWords(probability) });
    part.title = text;
    part.setAttribute("aria-label", text);
    part.setAttribute(...(part.type ? ["type", "button"] : ["role", "img"]));
    part.style.left = `${(100 * start) / all}%`;
    part.style.width = `${(100 * (end - start)) / all}%`;
    Object.assign(part.dataset, { start, end });
    part.append(Object.assign(document.createElement("span"), { textContent: action }));
    if (part.type) part.addEventListener("click", () => this.jump(start));
    return part;
  }
}
