// Shows the answer to a recording: the verdict, the bars at the moment of the slider, the curve and the reasons.
import { knownFrom } from "./curve.js";
import { who } from "./people.js";
import { say, seconds, t } from "./texts.js";

export class AnswerView {
  #drawn = null;

  /** parts: {find, actions, curve, why, lanes, people, verdict, player, recording: function that returns the recording}. */
  constructor(parts) {
    Object.assign(this, parts, { prediction: null, explanation: null });
  }

  /** Take the answer away, and its captions with it. why: text, absent while another answer is on its way. */
  clear(why) {
    this.prediction = this.explanation = this.#drawn = null;
    this.actions.clear();
    this.curve.clear();
    this.people.clear();
    this.why.clear();
    this.lanes.clear(why === undefined ? t("lanes.busy") : "");
    this.find("export-open").disabled = true;
    say(this.find("bars-title"), t("bars"));
    say(this.find("curve-says"), t("curve.hint"));
    if (why !== undefined) this.verdict.empty(why);
  }

  /** Show an answer of /api/predict; its explanation follows. */
  answer(prediction) {
    this.prediction = prediction;
    this.explanation = null;
    say(this.find("curve-says"), t("curve.busy"));
    this.draw({ sort: true });
  }

  /** Show an answer of /api/explain; null where a single action has none. Return the time from which the answer was clear, or null. */
  explain(explanation) {
    this.explanation = explanation;
    if (!explanation) {
      this.curve.clear();
      this.why.clear();
      say(this.find("curve-says"), t("curve.second"));
      return null;
    }
    this.draw();
    return this.#known;
  }

  /** Show an answer of /api/timeline; null where there is none, for the reason of that key. */
  time(timeline, reason) {
    this.find("export-open").disabled = !timeline?.segments.length;
    if (timeline) this.lanes.show(timeline);
    else this.lanes.clear(t(reason));
    this.draw();
  }

  /** Draw the bars and the verdict at the moment of the slider. */
  draw({ sort = false } = {}) {
    const { prediction, explanation, player } = this;
    if (!prediction) return;
    if (this.lanes.several) this.#drawMoment();
    else this.#drawWhole(sort);
    if (explanation) this.#explanation();
    this.curve.at(player.seconds);
    this.lanes.at(player.seconds, player.duration);
  }

  /** Show one answer for the whole recording; the bars are those after the seconds that were shown. */
  #drawWhole(sort) {
    const { prediction, explanation, player } = this;
    const { actions, best, probabilities, presence, note, name_problems: problems } = prediction;
    const now = this.#shares();
    this.actions.show(new Map(actions.map((name, index) => [name, now[index]])), { pressed: explanation?.action ?? best, sort, problems });
    const whole = this.#whole || !explanation;
    say(this.find("bars-title"), whole ? t("bars") : t("bars.so-far", { now: seconds(player.seconds) }));
    this.people.show((prediction.people ?? []).map((one) => ({ ...one, when: t("people.time", { start: one.start.toFixed(1), end: one.end.toFixed(1) }) })));
    this.verdict.show({ best, share: probabilities[actions.indexOf(best)], presence, details: [note ? t("answer.still") : this.verdict.isNone(presence) ? "" : this.#from()], who: who(prediction) });
  }

  /** Show what happens at the moment of the slider, where several actions follow each other. */
  #drawMoment() {
    const { prediction, explanation, player, lanes } = this;
    const { actions } = prediction;
    const people = (prediction.people ?? []).map((one) => {
      const { segment, shares, none } = lanes.momentOf(one.person, player.seconds);
      const probabilities = shares ?? one.probabilities;
      const best = segment?.action ?? actions[probabilities.indexOf(Math.max(...probabilities))];
      const share = probabilities[actions.indexOf(best)];
      const presence = segment ? segment.probability : none === null ? one.presence : 1 - none;
      return { ...one, probabilities, best, share, presence, none: !segment, when: t("people.time", { start: one.start.toFixed(1), end: one.end.toFixed(1) }) };
    });
    const main = people.find(({ person }) => person === prediction.person) ?? people[0];
    if (!main) return this.#drawWhole(false);
    const now = seconds(player.seconds);
    this.actions.show(new Map(actions.map((name, index) => [name, main.probabilities[index]])), { pressed: explanation?.action ?? null, problems: prediction.name_problems });
    say(this.find("bars-title"), t("bars.moment", { now }));
    this.people.show(people);
    this.verdict.show({ ...main, details: [t("answer.moment", { now })], who: who(prediction), quiet: player.playing });
  }

  get #known() {
    return this.explanation && knownFrom(this.explanation.observed_seconds, this.explanation.information);
  }

  get #whole() {
    return this.player.frame >= this.recording().frames - 1;
  }

  /** Say when the answer was clear. */
  #from() {
    const known = this.#known;
    if (known === null) return "";
    const all = this.recording().seconds;
    if (known <= this.explanation.observed_seconds[0]) return t("answer.from.start");
    return known > 0.9 * all ? t("answer.from.end") : t("answer.from", { from: seconds(known) });
  }

  /** Return the probabilities at the time of the slider; of the whole recording at its end or without an explanation. */
  #shares() {
    if (!this.explanation || this.#whole) return this.prediction.probabilities;
    const { observed_seconds: times, information } = this.explanation;
    const index = times.findLastIndex((time) => time <= this.player.seconds + 1e-6);
    const count = this.prediction.actions.length;
    return index < 0 ? this.prediction.actions.map(() => 1 / count) : information[index].map((nats) => Math.exp(nats) / count);
  }

  #explanation() {
    if (this.#drawn === this.explanation) return;
    this.#drawn = this.explanation;
    const { action, observed_seconds: times, information, moments, moment_information: losses, actions } = this.explanation;
    const chosen = actions.indexOf(action);
    this.curve.show({ times, information, chosen, from: 0, to: this.recording().seconds, moments, losses, known: this.#known });
    const most = Math.max(...losses);
    const decisive = most > 0 ? moments[losses.indexOf(most)] : null;
    const last = Math.min(Math.exp(information.at(-1)[chosen]) / actions.length, 1);
    const says = [t("curve.says", { action, sure: t("percent", { value: Math.round(100 * last) }) })];
    if (decisive) says.push(t("curve.moment", { start: decisive[0].toFixed(1), end: seconds(decisive[1]) }));
    say(this.find("curve-says"), says.join(" "));
    this.why.show(this.explanation);
  }
}
