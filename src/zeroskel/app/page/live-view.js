// The page while a stream runs: a recording that is played live, or the webcam.
import { Film } from "./film.js";
import { LiveStream } from "./live.js";
import { who } from "./people.js";
import { MAX_SECONDS, Recorder } from "./recorder.js";
import { say, seconds as inSeconds, t } from "./texts.js";
import { Webcam } from "./webcam.js";

const CURVE_SECONDS = 30;
const LANES_EVERY = 500; // milliseconds between two drawings of the lanes
const SERVER_THRESHOLD = 0.5; // of the server for none of these, where the page states none
const MIN_POSE_RATE = 3; // poses per second; below it the server treats the gaps as missing frames
const ROOM = [[-0.9, -1, -0.4], [0.9, 0.9, 0.4]]; // metres about the hips: corners of the box that is visible for the webcam

export class LiveView {
  #stream = null;
  #webcam = null;
  #request = null;
  #history = [];
  #last = null;
  #noted = null;
  #recorder = null;
  #countdown = null;
  #parts = []; // settled answers over time: {person, action, start, end, probability}
  #lanesAt = 0; // when the lanes were drawn
  #slow = false; // whether a note says that poses arrive too slowly

  /** ended: function that is called when the stream stops; recorded: receives what was recorded. layouts: name -> {joints, bones}, set when the server has sent them. */
  constructor(parts) {
    Object.assign(this, parts, { layouts: {} });
    this.find("record").addEventListener("click", () => this.#record());
    this.find("swap").addEventListener("click", () => this.#swap(this.find("swap").getAttribute("aria-pressed") !== "true"));
  }

  get running() {
    return this.#stream !== null;
  }

  /** Send the frames of a recording at its frame rate, repeatedly, until the stream is stopped. */
  replay(recording) {
    this.stop();
    this.#start("replay", recording.layout, t("live.title", recording));
    const began = performance.now();
    let sent = -1;
    const step = (now) => {
      const number = Math.max(Math.floor(((now - began) / 1000) * recording.fps), sent); // the time of a late frame is before `began`
      for (sent = Math.max(sent + 1, number - Math.ceil(recording.fps)); sent <= number; sent++) {
        const frame = recording.frame(sent % recording.frames);
        this.#stream.frame(sent / recording.fps, frame.length === 1 ? frame[0] : frame);
        if (sent === number) this.stage?.pose(frame);
      }
      sent = number;
      this.#request = requestAnimationFrame(step);
    };
    this.#request = requestAnimationFrame(step);
  }

  /** Stream poses from the camera. Throws an Error that names what is missing. */
  async webcam() {
    this.stop();
    this.note(t("live.camera"), "plain");
    const layout = "mediapipe-33";
    const shape = this.layouts[layout];
    let first = true;
    const times = []; // of the latest poses, milliseconds
    const film = new Film(this.find("overlay"), this.find("camera"));
    const webcam = new Webcam(this.find("camera"), (seconds, joints, landmarks, picture) => {
      film.draw(landmarks, shape, picture);
      this.#keep(seconds, joints);
      this.#stream?.frame(seconds, joints ?? shape.joints.map(() => null));
      this.#warn(times);
      if (!joints) return;
      if (first) this.stage?.show({ ...shape, frames: [[joints]], room: ROOM });
      first = false;
      this.stage?.pose([joints]);
    });
    try {
      await webcam.start();
    } catch (error) {
      webcam.stop();
      throw error;
    }
    this.#webcam = webcam;
    this.find("camera-tools").hidden = false;
    this.#swap(false);
    this.find("canvas").setAttribute("aria-label", t("view.webcam", { help: t("view.help") }));
    this.#start("webcam", layout, t("webcam"));
  }

  change(actions) {
    if (!actions.length) return this.stop();
    this.#history = [];
    this.#noted = null;
    this.#stream.change(actions);
  }

  stop() {
    if (!this.running) return;
    cancelAnimationFrame(this.#request);
    this.#stream.close();
    this.#webcam?.stop();
    clearInterval(this.#countdown);
    this.#stream = this.#webcam = this.#last = this.#countdown = null;
    this.find("film").hidden = this.find("camera-tools").hidden = true;
    say(this.find("record"), t("record"));
    this.#recorder?.stop();
    this.#recorder = null;
    for (const button of ["replay", "webcam"]) {
      this.find(button).setAttribute("aria-pressed", "false");
      this.find(button).textContent = t(button);
    }
    this.note("");
    this.ended();
  }

  /** Start to record after three seconds, in which the person walks into the picture; or end it. */
  #record() {
    if (this.#recorder) return this.#finish();
    if (this.#countdown) {
      clearInterval(this.#countdown);
      this.#countdown = null;
      return say(this.find("record"), t("record"));
    }
    let left = 3;
    const tick = () => {
      if (left) return say(this.find("record"), t("record.soon", { count: left-- }));
      clearInterval(this.#countdown);
      this.#countdown = null;
      const layout = "mediapipe-33";
      this.#recorder = new Recorder({ layout, shape: this.layouts[layout], canvas: this.find("overlay") });
    };
    this.#countdown = setInterval(tick, 1000);
    tick();
  }

  /** Add a pose to the recording, if there is one. */
  #keep(seconds, joints) {
    if (!this.#recorder) return;
    this.#recorder.pose(seconds, joints);
    say(this.find("record"), t("record.stop", { seconds: inSeconds(this.#recorder.seconds, 0) }));
    if (this.#recorder.seconds >= MAX_SECONDS) this.#finish();
  }

  async #finish() {
    const recorder = this.#recorder;
    this.#recorder = null;
    const { content, film } = await recorder.stop();
    this.stop();
    if (content) this.recorded(content, film);
    else this.note(t("record.nobody"));
  }

  /** Show the picture with the skeleton, or only the skeleton in three dimensions. */
  #swap(only) {
    this.find("swap").setAttribute("aria-pressed", String(only));
    this.find("film").hidden = only;
  }

  /** Show a note where poses arrive too slowly for an answer. */
  #warn(times) {
    const now = performance.now();
    times.push(now);
    while (times[0] < now - 5000) times.shift();
    const rate = (times.length - 1) / Math.max((now - times[0]) / 1000, 1e-6);
    if (this.#last || this.#slow || now - times[0] < 4000 || rate >= MIN_POSE_RATE) return;
    this.#slow = true;
    this.note(t("live.slow", { rate: rate.toFixed(1), least: MIN_POSE_RATE }));
  }

  redraw() {
    if (this.#last) this.#draw(this.#last);
  }

  #start(button, layout, motion) {
    this.motion = motion;
    this.#empty(t("live.first"));
    this.find(button).setAttribute("aria-pressed", "true");
    this.find(button).textContent = t("stop");
    this.#stream = new LiveStream({
      layout,
      actions: this.actions.wire,
      teaching: this.teaching(),
      scores: (message) => this.#take(message),
      nobody: () => this.#empty(t("live.nobody")),
      state: (text, kind = "plain") => {
        this.note(text, kind === "plain" ? "plain" : "wrong");
      },
    });
  }

  /** Show that there is no answer, and why. */
  #empty(why) {
    this.#last = this.#noted = null;
    this.#history = [];
    this.#parts = [];
    this.view.clear(why);
  }

  #take(message) {
    const { actions, probabilities, time } = message;
    if (this.#last && JSON.stringify(this.#last.actions) !== JSON.stringify(actions)) this.#history = [];
    if (this.#history.length && time < this.#history.at(-1).time) this.#history = [];
    this.#last = message;
    if (this.#slow) this.note("");
    this.#slow = false;
    this.#history.push({ time, information: probabilities.map((share) => Math.log(Math.max(share, 1e-9) * actions.length)) });
    while (this.#history[0].time < time - CURVE_SECONDS) this.#history.shift();
    this.#remember(message);
    this.#draw(message);
    const none = this.#isNone(message);
    const answer = none ? null : message.best;
    if (!message.settled || this.#noted?.answer === answer) return;
    this.#noted = { answer };
    this.answers.add({ motion: this.motion, actions, probabilities, presence: message.presence, none_of_these: none, best: message.best, threshold: this.verdict.threshold, clear_from: null });
  }

  /** Return whether an answer is none of the actions: by the page's threshold, or because the person rests. */
  #isNone({ presence, none_of_these: none }) {
    return this.verdict.isNone(presence) || (none && (presence === null || presence >= SERVER_THRESHOLD));
  }

  /** Keep what is certain about each person, for the lanes. */
  #remember({ time, people, actions }) {
    for (const one of people) {
      const { person, best, probabilities, settled, settled_at: since } = one;
      if (!settled || this.#isNone(one)) continue;
      const last = this.#parts.findLast((part) => part.person === person);
      if (last?.action === best && time - last.end < 1) last.end = time;
      else this.#parts.push({ person, action: best, start: Math.max(since ?? time, last?.end ?? 0), end: time, probability: probabilities[actions.indexOf(best)] });
    }
    while (this.#parts[0]?.end < time - CURVE_SECONDS) this.#parts.shift();
  }

  #drawLanes({ time, people }, from) {
    const now = performance.now();
    if (now - this.#lanesAt < LANES_EVERY) return;
    this.#lanesAt = now;
    const segments = this.#parts.map((part) => ({ ...part, start: Math.max(part.start - from, 0), end: part.end - from }));
    const present = [...new Set([...people, ...this.#parts].map(({ person }) => person))].sort((a, b) => a - b);
    this.view.lanes.at(time - from, Math.max(time - from, 5));
    this.view.lanes.show({ segments, people: present, live: true });
  }

  #draw(message) {
    const { actions, probabilities, presence, best, settled, time, people } = message;
    this.people.show(people.map((one) => ({ ...one, none: this.#isNone(one), actions, bodies: [one.body ?? []].flat(), when: t(one.settled ? "people.settled" : "people.looking") })));
    const chosen = actions.indexOf(best);
    this.actions.show(new Map(actions.map((name, index) => [name, probabilities[index]])));
    say(this.find("bars-title"), t("bars.live"));
    this.verdict.show({ best, share: probabilities[chosen], presence, none: this.#isNone(message), details: settled ? [] : [t("answer.perhaps")], who: who(message), unsure: !settled });
    const from = this.#history[0].time;
    this.curve.show({ times: this.#history.map((one) => one.time), information: this.#history.map((one) => one.information), chosen, from, to: Math.max(time, from + 5) });
    this.curve.at(time);
    this.#drawLanes(message, from);
    say(this.find("curve-says"), t("curve.live", { seconds: CURVE_SECONDS }));
    say(this.find("clock"), t("clock.live", { now: time.toFixed(1) }));
  }
}
