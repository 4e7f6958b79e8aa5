// The page: connects the motion, the actions, the skeleton, the answer and the table.
import * as api from "./api.js";
import { Answers } from "./answers.js";
import { Bars } from "./bars.js";
import { Chips } from "./chips.js";
import { Connection } from "./connection.js";
import { Curve, knownFrom } from "./curve.js";
import { LiveView } from "./live-view.js";
import { LocalModel } from "./local.js";
import { showModel } from "./model.js";
import { People, who } from "./people.js";
import { Player } from "./player.js";
import { Recording } from "./recording.js";
import { Stage } from "./stage.js";
import { Verdict } from "./verdict.js";

const find = (id) => document.getElementById(id);
const FACTS = ["layout", "up", "unit", "fps"]; // what a person may state about a file: ids of fields, names of parameters
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 44.99rem)");
const dark = matchMedia("(prefers-color-scheme: dark)");

let recording = null; // the recording on display
let prediction = null; // prediction for the whole recording
let explanation = null; // explanation of the whole recording, or null
let entry = null; // line of the prediction in the table
let asked = null; // the action to explain, where the user chose one
let running = null; // aborts the current request
let later = null; // timer of the next request
let lastFile = null;
let local = null; // the model that runs in this browser, or null

const connection = new Connection({ banner: find("banner"), form: find("token"), input: find("token-text"), again: attempt });
const answers = new Answers({ rows: find("rows"), csv: find("csv"), json: find("json"), forget: find("forget") });
const curve = new Curve(find("curve"));
const bars = new Bars(find("bars"), (name) => explain(name));
const verdict = new Verdict(find, () => (live.running ? live.redraw() : drawAnswer()));
const chips = new Chips({
  list: find("chips"), form: find("add"), input: find("action"), note: find("action-note"), clear: find("clear"),
  changed: () => (live.running ? live.change(chips.wire) : soon()),
});
const player = new Player({ play: find("play"), scrub: find("scrub"), clock: find("clock"), moved });
const stage = openStage();
const people = new People(find("people"), stage, (presence) => verdict.isNone(presence));
const live = new LiveView({ find, stage, curve, bars, people, verdict, answers, chips, note, ended: back });

function openStage() {
  if (document.createElement("canvas").getContext("webgl2")) return new Stage(find("canvas"), find("names"));
  find("teach").textContent = "This browser has no WebGL, so it cannot draw the skeleton. Everything else works.";
  return null;
}

function note(text, kind = "wrong") {
  find("source-note").dataset.kind = kind;
  find("source-note").textContent = text;
}

/** Run work and show the message of its error. */
async function attempt(work) {
  try {
    await connection.run(work);
  } catch (error) {
    note(error.message);
  }
}

// ---- motion

function open(content, title) {
  live.stop();
  recording = new Recording(content, title);
  prediction = explanation = entry = asked = null;
  note([content.reading && `${title}: ${content.reading.text}.`, content.notice].filter(Boolean).join(" "), "plain");
  const frames = Array.from({ length: recording.frames }, (_, number) => recording.frame(number));
  if (stage) {
    find("teach").hidden = true;
    stage.show({ joints: recording.joints, bones: recording.bones, frames });
  }
  const number = recording.bodies === 1 ? "one person" : `${recording.bodies} bodies`;
  find("canvas").setAttribute("aria-label", `Skeleton of ${title}: ${number}, ${recording.seconds.toFixed(1)} seconds. Arrow keys rotate it.`);
  find("replay").disabled = false;
  curve.clear();
  bars.clear();
  people.clear();
  player.open(recording);
  soon(0);
}

const openClip = (id, play) => attempt(async () => {
  const title = find("clips").querySelector(`[data-clip="${CSS.escape(id)}"]`)?.textContent ?? id;
  const content = await api.clip(id);
  history.replaceState(null, "", `#clip=${encodeURIComponent(id)}`);
  mark(id);
  open(content, title);
  if (play) look();
});

const openFile = (file) => attempt(async () => {
  lastFile = file;
  note(`Reading ${file.name} …`, "plain");
  const facts = Object.fromEntries(FACTS.map((name) => [name, find(name).value]));
  const content = await api.read(file, facts).catch((error) => {
    error.message = error.message.replace(/^recording(\.\w+)?(?=[,: ])/, file.name); // the server does not store names
    throw error;
  });
  history.replaceState(null, "", location.pathname);
  mark(null);
  open(content, file.name);
  look();
});

/** Play the opened recording. On a narrow screen, where the skeleton is far below, scroll to it. */
function look() {
  if (narrow.matches) find("view").scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
  if (!calm.matches) player.start();
}

function mark(id) {
  for (const button of find("clips").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.clip === id));
}

function showClips(clips) {
  find("clips").replaceChildren(
    ...clips.map(({ id, title, notice }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = title;
      button.dataset.clip = id;
      button.title = notice ?? "";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => openClip(id, true));
      return button;
    }),
  );
}

// ---- answer

/** Predict after a delay, so that typing two actions sends one request. */
function soon(milliseconds = 250) {
  clearTimeout(later);
  later = setTimeout(() => attempt(evaluate), milliseconds);
}

/** Show that there is no answer, and why. */
function unanswered(why) {
  prediction = explanation = null;
  bars.clear();
  curve.clear();
  people.clear();
  verdict.empty(why);
}

async function evaluate() {
  running?.abort();
  if (live.running) return;
  const actions = chips.wire;
  if (!recording || !actions.length) {
    return unanswered(recording ? "Add possible actions (2)." : actions.length ? "Drop a file or choose a clip (1)." : "Choose a motion (1) and add possible actions (2).");
  }
  running = new AbortController();
  const { signal } = running;
  const about = recording;
  find("how").textContent = "Predicting …";
  let answer;
  try {
    answer = await (local ? local.predict(about, actions) : api.predict({ recording: about.wire, actions }, signal));
    signal.throwIfAborted();
  } catch (error) {
    if (local || (error.status && error.status !== 503 && error.status !== 401)) unanswered(error.message);
    throw error;
  }
  prediction = answer;
  explanation = null;
  verdict.explain(null);
  curve.clear();
  entry = answers.add({ motion: about.title, actions: answer.actions, probabilities: answer.probabilities, presence: answer.presence, none_of_these: verdict.isNone(answer.presence), best: answer.best, threshold: verdict.threshold, clear_from: null });
  drawAnswer();
  await ask(asked, signal);
}

const explain = (name) => attempt(() => {
  if (live.running || !recording) return;
  asked = name;
  drawAnswer();
  running?.abort();
  running = new AbortController();
  return ask(name, running.signal);
});

async function ask(action, signal) {
  const actions = chips.wire;
  if (actions.length < 2) {
    find("curve-says").textContent = "Add a second action: certainty compares two or more actions.";
    return;
  }
  const known = action && prediction.actions.includes(action) ? { action } : {};
  find("curve-says").textContent = "Computing the explanation …";
  const answer = await (local ? local.explain(recording, actions, known.action) : api.explain({ recording: recording.wire, actions, ...known }, signal));
  signal.throwIfAborted();
  explanation = answer;
  if (entry) answers.update(entry, { clear_from: knownFrom(explanation.observed_seconds, explanation.information) });
  drawAnswer();
}

/** Return the probabilities at the time of the slider; of the whole recording at its end or without an explanation. */
function sharesNow() {
  if (!explanation || player.frame >= player.frames - 1) return prediction.probabilities;
  const { observed_seconds: times, information } = explanation;
  const index = times.findLastIndex((time) => time <= player.seconds + 1e-6);
  const count = prediction.actions.length;
  return index < 0 ? prediction.actions.map(() => 1 / count) : information[index].map((nats) => Math.exp(nats) / count);
}

function drawAnswer() {
  if (!prediction || live.running) return;
  const order = [...prediction.actions.keys()].sort((a, b) => prediction.probabilities[b] - prediction.probabilities[a]);
  const shown = explanation?.action ?? prediction.best;
  const now = sharesNow();
  bars.show(order.map((index) => prediction.actions[index]), order.map((index) => now[index]), { pressed: shown });
  const whole = player.frame >= player.frames - 1 || !explanation;
  find("bars-title").textContent = whole ? "Probability, if it is one of these" : `After ${player.seconds.toFixed(1)} s: probability, if it is one of these`;
  const known = explanation && knownFrom(explanation.observed_seconds, explanation.information);
  const when = known ? `Clear from ${known.toFixed(1)} s of ${recording.seconds.toFixed(1)} s on.` : "";
  people.show((prediction.people ?? []).map((one) => ({ ...one, when: `${one.start.toFixed(1)} to ${one.end.toFixed(1)} s` })));
  verdict.show({ best: prediction.best, share: prediction.probabilities[prediction.actions.indexOf(prediction.best)], presence: prediction.presence, when, who: who(prediction) });
  if (explanation) drawExplanation(known);
}

let drawn = null;

function drawExplanation(known) {
  if (drawn === explanation) return;
  drawn = explanation;
  const { action, observed_seconds: times, information, moments, moment_information: losses, actions } = explanation;
  const chosen = actions.indexOf(action);
  curve.show({ times, information, chosen, from: 0, to: recording.seconds, moments, losses, known });
  curve.at(player.seconds);
  const last = information.at(-1)[chosen];
  const decisive = moments[losses.indexOf(Math.max(...losses))];
  find("curve-says").textContent = `“${action}”: ${last.toFixed(2)} nats above chance at the end.` + (decisive && Math.max(...losses) > 0 ? ` Most of it comes from ${decisive[0].toFixed(1)} to ${decisive[1].toFixed(1)} s (columns: the loss without that moment).` : "");
  verdict.explain(explanation);
}

function moved(frame) {
  if (!recording || live.running) return;
  stage?.pose(recording.frame(frame));
  curve.at(player.seconds);
  drawAnswer();
}

/** After a stream, show the recording again, if there is one. */
function back() {
  bars.clear();
  curve.clear();
  prediction = explanation = drawn = null;
  people.clear();
  if (!recording) return attempt(evaluate);
  stage?.show({ joints: recording.joints, bones: recording.bones, frames: recording.positions[0].map((_, number) => recording.frame(number)) });
  player.open(recording);
  soon(0);
}

// ---- wiring

find("file").addEventListener("change", (event) => {
  if (event.target.files[0]) openFile(event.target.files[0]);
});
for (const name of FACTS) find(name).addEventListener("change", () => lastFile && openFile(lastFile));
for (const kind of ["dragover", "dragleave", "drop"])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    find("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
  });
for (const [button, start] of [["replay", () => live.replay(recording)], ["webcam", () => live.webcam()]])
  find(button).addEventListener("click", () => {
    if (find(button).getAttribute("aria-pressed") === "true") return live.stop();
    if (!chips.wire.length) return note("Add at least one action first (2).");
    player.close();
    running?.abort();
    attempt(start);
  });

let before = null; // the actions before the model in this browser replaced them

function noteModel(text, kind = "plain") {
  find("local-note").dataset.kind = kind;
  find("local-note").textContent = text;
}

find("local").addEventListener("change", async (event) => {
  noteModel("Loading the model …");
  try {
    local = await LocalModel.open(event.target.files);
  } catch (error) {
    return noteModel(error.message, "wrong");
  }
  live.stop();
  find("server").hidden = false;
  noteModel(`Predictions are now computed in this browser${local.about.notice ? `. ${local.about.notice}` : "."}`);
  before ??= chips.actions;
  chips.replace(local.actions.map((name) => ({ name, texts: [] })));
});
find("server").addEventListener("click", () => {
  local = null;
  find("server").hidden = true;
  find("local").value = "";
  noteModel("");
  chips.replace(before);
  before = null;
});

function colours() {
  const theme = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  find("theme").setAttribute("aria-pressed", String(theme === "dark"));
  stage?.recolour();
  return theme;
}
find("theme").addEventListener("click", () => {
  const theme = colours() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("zeroskel.theme", theme);
  colours();
});
dark.addEventListener("change", colours);
colours();

attempt(async () => {
  const model = await api.model();
  chips.limits = { ...chips.limits, ...model.limits };
  live.layouts = model.layouts;
  showModel(find("model"), model);
  find("layout").append(...Object.keys(model.layouts).map((name) => new Option(name, name)));
});
attempt(async () => {
  showClips(await api.clips());
  const linked = new URLSearchParams(location.hash.slice(1)).get("clip");
  if (linked) openClip(linked, false);
});
