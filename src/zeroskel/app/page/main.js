// The page: joins the motion, the actions, the skeleton, the answer and the table.
import * as api from "./api.js";
import { Answers } from "./answers.js";
import { Bars } from "./bars.js";
import { Chips } from "./chips.js";
import { Connection } from "./connection.js";
import { Curve, knownFrom } from "./curve.js";
import { LiveView } from "./live-view.js";
import { LocalModel } from "./local.js";
import { showModel } from "./model.js";
import { Player } from "./player.js";
import { Recording } from "./recording.js";
import { Stage } from "./stage.js";
import { Verdict } from "./verdict.js";

const find = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 44.99rem)");
const dark = matchMedia("(prefers-color-scheme: dark)");

let recording = null; // what is looked at
let prediction = null; // of the whole recording
let explanation = null; // of the whole recording, or null where there is none
let entry = null; // its line in the table
let asked = null; // the action that is explained, where one was chosen
let running = null; // aborts the question that is under way
let later = null; // timer of a question to come
let lastFile = null;
let local = null; // the model that runs in this browser, where one was chosen

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
const live = new LiveView({ find, stage, curve, bars, verdict, answers, chips, note, ended: back });

function openStage() {
  if (document.createElement("canvas").getContext("webgl2")) return new Stage(find("canvas"));
  find("teach").textContent = "This browser has no WebGL, so the skeleton cannot be drawn; everything else works.";
  return null;
}

function note(text, kind = "wrong") {
  find("source-note").dataset.kind = kind;
  find("source-note").textContent = text;
}

/** Run work; what the server says against it becomes the note. */
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
  note(content.notice ?? "", "plain");
  const frames = Array.from({ length: recording.frames }, (_, number) => recording.frame(number));
  if (stage) {
    find("teach").hidden = true;
    stage.show({ joints: recording.joints, bones: recording.bones, frames });
  }
  const people = recording.bodies === 1 ? "one person" : `${recording.bodies} people`;
  find("canvas").setAttribute("aria-label", `Skeleton of ${title}: ${people}, ${recording.seconds.toFixed(1)} seconds. Arrow keys turn it.`);
  find("replay").disabled = false;
  curve.clear();
  bars.clear();
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
  const content = await api.read(file, find("layout").value).catch((error) => {
    error.message = error.message.replace(/^recording(\.\w+)?(?=[,: ])/, file.name); // the server does not keep names
    throw error;
  });
  history.replaceState(null, "", location.pathname);
  mark(null);
  open(content, file.name);
  look();
});

/** Play what was just opened; on a narrow screen, where it stands far below, bring it into view. */
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

/** Ask in a moment, so that typing several actions asks once. */
function soon(milliseconds = 250) {
  clearTimeout(later);
  later = setTimeout(() => attempt(evaluate), milliseconds);
}

/** No answer, and why. */
function unanswered(why) {
  prediction = explanation = null;
  bars.clear();
  curve.clear();
  verdict.empty(why);
}

async function evaluate() {
  running?.abort();
  if (live.running) return;
  const actions = chips.wire;
  if (!recording || !actions.length) {
    return unanswered(recording ? "Type the actions it may be (2)." : actions.length ? "Drop a file or pick a clip (1)." : "It needs a motion (1) and the actions it may be (2).");
  }
  running = new AbortController();
  const { signal } = running;
  const about = recording;
  find("how").textContent = "Asking …";
  let found;
  try {
    found = await (local ? local.predict(about, actions) : api.predict({ recording: about.wire, actions }, signal));
    signal.throwIfAborted();
  } catch (error) {
    if (local || (error.status && error.status !== 503 && error.status !== 401)) unanswered(error.message);
    throw error;
  }
  prediction = found;
  explanation = null;
  verdict.explain(null);
  curve.clear();
  entry = answers.add({ motion: about.title, actions: found.actions, probabilities: found.probabilities, presence: found.presence, none_of_these: verdict.isNone(found.presence), best: found.best, threshold: verdict.threshold, clear_from: null });
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
    find("curve-says").textContent = "Add a second action: certainty is always among several.";
    return;
  }
  const known = action && prediction.actions.includes(action) ? { action } : {};
  find("curve-says").textContent = "Looking at it moment by moment …";
  const found = await (local ? local.explain(recording, actions, known.action) : api.explain({ recording: recording.wire, actions, ...known }, signal));
  signal.throwIfAborted();
  explanation = found;
  if (entry) answers.update(entry, { clear_from: knownFrom(explanation.observed_seconds, explanation.information) });
  drawAnswer();
}

/** Shares after the moment of the scrubber; those of the whole at the end, or where there is no explanation. */
function sharesNow() {
  if (!explanation || player.frame >= player.frames - 1) return prediction.probabilities;
  const { observed_seconds: times, information } = explanation;
  const place = times.findLastIndex((time) => time <= player.seconds + 1e-6);
  const count = prediction.actions.length;
  return place < 0 ? prediction.actions.map(() => 1 / count) : information[place].map((nats) => Math.exp(nats) / count);
}

function drawAnswer() {
  if (!prediction || live.running) return;
  const order = [...prediction.actions.keys()].sort((a, b) => prediction.probabilities[b] - prediction.probabilities[a]);
  const shown = explanation?.action ?? prediction.best;
  const now = sharesNow();
  bars.show(order.map((place) => prediction.actions[place]), order.map((place) => now[place]), { pressed: shown });
  const whole = player.frame >= player.frames - 1 || !explanation;
  find("bars-title").textContent = whole ? "Each action, if it is one of them" : `After ${player.seconds.toFixed(1)} s: each action, if it is one of them`;
  const known = explanation && knownFrom(explanation.observed_seconds, explanation.information);
  const when = known ? `Clear from ${known.toFixed(1)} s of ${recording.seconds.toFixed(1)} s on.` : "";
  verdict.show({ best: prediction.best, share: prediction.probabilities[prediction.actions.indexOf(prediction.best)], presence: prediction.presence, when });
  if (explanation) drawExplanation(known);
}

let drawn = null;

function drawExplanation(known) {
  if (drawn === explanation) return;
  drawn = explanation;
  const { action, observed_seconds: times, information, moments, moment_information: losses, parts, actions } = explanation;
  const chosen = actions.indexOf(action);
  curve.show({ times, information, chosen, from: 0, to: recording.seconds, moments, losses, known });
  curve.at(player.seconds);
  const last = information.at(-1)[chosen];
  const dearest = moments[losses.indexOf(Math.max(...losses))];
  find("curve-says").textContent = `“${action}”: ${last.toFixed(2)} nats over a guess in the end.` + (dearest && Math.max(...losses) > 0 ? ` Most of it between ${dearest[0].toFixed(1)} and ${dearest[1].toFixed(1)} s (columns: what is lost without that moment).` : "");
  verdict.explain(parts, action, parts ? undefined : "A model in the browser does not look at parts of the body; the server does.");
}

function moved(frame) {
  if (!recording || live.running) return;
  stage?.pose(recording.frame(frame));
  curve.at(player.seconds);
  drawAnswer();
}

/** After a live stream: the recording again, where there is one. */
function back() {
  bars.clear();
  curve.clear();
  prediction = explanation = drawn = null;
  if (!recording) return attempt(evaluate);
  stage?.show({ joints: recording.joints, bones: recording.bones, frames: recording.positions[0].map((_, number) => recording.frame(number)) });
  player.open(recording);
  soon(0);
}

// ---- wiring

find("file").addEventListener("change", (event) => {
  if (event.target.files[0]) openFile(event.target.files[0]);
});
find("layout").addEventListener("change", () => lastFile && openFile(lastFile));
for (const kind of ["dragover", "dragleave", "drop"])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    find("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
  });
for (const [button, start] of [["replay", () => live.replay(recording)], ["webcam", () => live.webcam()]])
  find(button).addEventListener("click", () => {
    if (find(button).getAttribute("aria-pressed") === "true") return live.stop();
    if (!chips.wire.length) return note("Type at least one action first (2).");
    player.close();
    running?.abort();
    attempt(start);
  });

let before = null; // the actions before those of the model in this browser

function said(text, kind = "plain") {
  find("local-note").dataset.kind = kind;
  find("local-note").textContent = text;
}

find("local").addEventListener("change", async (event) => {
  said("Opening the model …");
  try {
    local = await LocalModel.open(event.target.files);
  } catch (error) {
    return said(error.message, "wrong");
  }
  live.stop();
  find("server").hidden = false;
  said(`Recordings are now answered in this browser${local.about.notice ? `. ${local.about.notice}` : "."}`);
  before ??= chips.actions;
  chips.replace(local.actions.map((name) => ({ name, texts: [] })));
});
find("server").addEventListener("click", () => {
  local = null;
  find("server").hidden = true;
  find("local").value = "";
  said("");
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
  const kept = new URLSearchParams(location.hash.slice(1)).get("clip");
  if (kept) openClip(kept, false);
});
