// The page while a stream runs: a recording that is played live, or the webcam.
import { LiveStream } from "./live.js";
import { who } from "./people.js";
import { Webcam } from "./webcam.js";

const CURVE_SECONDS = 30;
const MIN_POSE_RATE = 3; // poses per second; below it the server treats the gaps as missing frames
const ROOM = [[-0.9, -1, -0.4], [0.9, 0.9, 0.4]]; // metres about the hips: corners of the box that is visible for the webcam

export class LiveView {
  #stream = null;
  #webcam = null;
  #request = null;
  #history = [];
  #last = null;
  #noted = null;

  /** ended: function that is called when the stream stops. layouts: name -> {joints, bones}, set when the server has sent them. */
  constructor(parts) {
    Object.assign(this, parts, { layouts: {} });
  }

  get running() {
    return this.#stream !== null;
  }

  /** Send the frames of a recording at its frame rate, repeatedly, until the stream is stopped. */
  replay(recording) {
    this.stop();
    this.#start("replay", recording.layout, `${recording.title} (stream)`);
    const began = performance.now();
    let sent = -1;
    const step = (now) => {
      const number = Math.floor(((now - began) / 1000) * recording.fps);
      for (sent = Math.max(sent + 1, number - 5); sent <= number; sent++) {
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
    this.note("Starting the camera and the pose model …", "plain");
    const layout = "mediapipe-33";
    const shape = this.layouts[layout];
    let first = true;
    const times = []; // of the latest poses, milliseconds
    const webcam = new Webcam(this.find("camera"), (seconds, joints) => {
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
    this.find("camera").hidden = false;
    this.find("teach").hidden = true;
    this.find("canvas").setAttribute("aria-label", "Skeleton of the person in front of the camera. Arrow keys rotate it.");
    this.#start("webcam", layout, "webcam");
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
    this.#stream = this.#webcam = this.#last = null;
    this.find("camera").hidden = true;
    for (const button of ["replay", "webcam"]) this.find(button).setAttribute("aria-pressed", "false");
    this.find("replay").textContent = "Play live";
    this.find("webcam").textContent = "Use the webcam";
    this.note("");
    this.ended();
  }

  /** Show a note where poses arrive too slowly for an answer. */
  #warn(times) {
    const now = performance.now();
    times.push(now);
    while (times[0] < now - 5000) times.shift();
    const rate = (times.length - 1) / Math.max((now - times[0]) / 1000, 1e-6);
    if (!this.#last && now - times[0] > 4000 && rate < MIN_POSE_RATE)
      this.note(`Only ${rate.toFixed(1)} poses per second; an answer needs ${MIN_POSE_RATE} or more. This machine is too slow or too busy.`);
  }

  redraw() {
    if (this.#last) this.#draw(this.#last);
  }

  #start(button, layout, motion) {
    this.motion = motion;
    this.#empty("Waiting for the first answer, which takes about half a second.");
    this.find(button).setAttribute("aria-pressed", "true");
    this.find(button).textContent = "Stop the stream";
    this.#stream = new LiveStream({
      layout,
      actions: this.chips.wire,
      scores: (message) => this.#take(message),
      nobody: () => this.#empty("Nobody is there."),
      state: (text, kind = "plain") => {
        this.note(text, kind === "plain" ? "plain" : "wrong");
      },
    });
  }

  /** Show that there is no answer, and why. */
  #empty(why) {
    this.#last = this.#noted = null;
    this.#history = [];
    this.bars.clear();
    this.curve.clear();
    this.people.clear();
    this.verdict.empty(why);
  }

  #take(message) {
    const { actions, probabilities, time } = message;
    if (this.#last && JSON.stringify(this.#last.actions) !== JSON.stringify(actions)) this.#history = [];
    if (this.#history.length && time < this.#history.at(-1).time) this.#history = [];
    this.#last = message;
    this.#history.push({ time, information: probabilities.map((share) => Math.log(Math.max(share, 1e-9) * actions.length)) });
    while (this.#history[0].time < time - CURVE_SECONDS) this.#history.shift();
    this.#draw(message);
    const none = this.verdict.isNone(message.presence);
    const answer = none ? null : message.best;
    if (!message.settled || this.#noted?.answer === answer) return;
    this.#noted = { answer };
    this.answers.add({ motion: this.motion, actions, probabilities, presence: message.presence, none_of_these: none, best: message.best, threshold: this.verdict.threshold, clear_from: null });
  }

  #draw(message) {
    const { actions, probabilities, presence, best, settled, time, people } = message;
    this.people.show(people.map((one) => ({ ...one, actions, bodies: [one.body ?? []].flat(), when: one.settled ? "settled" : "not settled yet" })));
    const chosen = actions.indexOf(best);
    this.bars.show(actions, probabilities);
    this.find("bars-title").textContent = "Now: probability, if it is one of these";
    this.verdict.show({ best, share: probabilities[chosen], presence, when: settled ? "Settled." : "Not settled yet.", who: who(message) });
    const from = this.#history[0].time;
    this.curve.show({ times: this.#history.map((one) => one.time), information: this.#history.map((one) => one.information), chosen, from, to: Math.max(time, from + 5) });
    this.curve.at(time);
    this.find("curve-says").textContent = `Live: certainty of each action in the last ${CURVE_SECONDS} s; the current best action in colour.`;
    this.find("clock").textContent = `${time.toFixed(1)} s`;
  }
}
