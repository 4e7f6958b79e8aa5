// The page: connects the motion, the actions, the skeleton and the answer.
import { ActionList } from "./actions.js";
import { AnswerView } from "./answer-view.js";
import { Answers, save } from "./answers.js";
import * as api from "./api.js";
import { Compare } from "./compare.js";
import { Connection } from "./connection.js";
import { Curve } from "./curve.js";
import { Inquiry } from "./inquiry.js";
import { Lanes } from "./lanes.js";
import { LiveView } from "./live-view.js";
import { LocalModel } from "./local.js";
import { Menu } from "./menu.js";
import { showModel } from "./model.js";
import { People } from "./people.js";
import { Player } from "./player.js";
import { toFile } from "./recorder.js";
import { Recording } from "./recording.js";
import { readLink, share, writeLink } from "./share.js";
import { Shortcuts } from "./shortcuts.js";
import { Sources } from "./sources.js";
import { Stage } from "./stage.js";
import { store } from "./store.js";
import { Teach } from "./teach.js";
import { say, seconds, t } from "./texts.js";
import { Verdict } from "./verdict.js";
import { Why } from "./why.js";

const find = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

let recording = null; // the recording on display
let film = null; // of the recording on display, where it comes from the webcam
let entry = null; // line of its answer in the table

const connection = new Connection({ banner: find("banner"), form: find("token"), input: find("token-text"), wrong: find("token-note"), again: attempt });
const answers = new Answers({ rows: find("rows"), csv: find("csv"), json: find("json"), forget: find("forget") });
const curve = new Curve(find("curve"));
const why = new Why(find);
const verdict = new Verdict(find, () => (live.running ? live.redraw() : view.draw()));
const stage = openStage();
const people = new People(find("people"), stage, (presence) => verdict.isNone(presence));
const actions = new ActionList({
  list: find("bars"), form: find("add"), input: find("action"), note: find("action-note"), clear: find("clear"),
  changed: actionsChanged,
  chosen: (name) => !live.running && recording && inquiry.explain(name),
});
const player = new Player({ play: find("play"), scrub: find("scrub"), clock: find("clock"), moved });
const lanes = new Lanes({ find, jump: (moment) => player.jump(moment) });
const view = new AnswerView({ find, actions, curve, why, lanes, people, verdict, player, recording: () => recording });
const teach = new Teach({ find, attempt, player, lanes, recording: () => (live.running ? null : recording), taught });
const inquiry = new Inquiry({
  attempt, actions: () => actions.wire, teaching: () => teach.id,
  asking: () => verdict.busy(), forgotten: () => teach.lost(), answered, explained, timed: (timeline, reason) => view.time(timeline, reason), failed,
});
const live = new LiveView({ find, stage, curve, people, verdict, view, answers, actions, note, teaching: () => teach.id, ended: back, recorded });
const compare = new Compare({
  find, attempt, isNone: (presence) => verdict.isNone(presence),
  question: (second) => ({ ...inquiry.body(), recording: second.wire }),
  changed: () => recording && !live.running && (player.open(recording, compare.seconds), calm.matches || player.start(true)),
});
const sources = new Sources({ find, attempt, note, opened: open });

function openStage() {
  if (document.createElement("canvas").getContext("webgl2")) return new Stage(find("canvas"), find("names"));
  find("blank").hidden = false;
  find("blank").textContent = t("view.none");
  return null;
}

/** Show a line about the motion; what went wrong is shown on the picture. */
function note(text, kind = "wrong") {
  const wrong = kind === "wrong" && text !== "";
  find("source-note").dataset.kind = kind;
  say(find("source-note"), wrong ? "" : text);
  find("problem").hidden = !wrong;
  say(find("problem-text"), wrong ? text : "");
}
find("problem-close").addEventListener("click", () => note(""));

/** Run work and show the message of its error. */
async function attempt(work) {
  try {
    await connection.run(work);
  } catch (error) {
    note(error.message);
  }
}

// ---- motion

function open(content, title, example) {
  live.stop();
  recording = new Recording(content, title, example);
  entry = null;
  view.clear();
  showRecording();
  teach.whole();
  sources.describe(recording);
  film = null;
  find("save-film").hidden = true;
  find("replay").disabled = find("save-motion").disabled = false;
  link();
  if (!calm.matches) player.start(example !== null);
  inquiry.open(recording);
}

function showRecording() {
  const frames = Array.from({ length: recording.frames }, (_, number) => recording.frame(number));
  stage?.show({ joints: recording.joints, bones: recording.bones, frames });
  const facts = { title: recording.title, bodies: recording.bodies, seconds: seconds(recording.seconds), help: t("view.help") };
  find("canvas").setAttribute("aria-label", t(recording.bodies === 1 ? "view.one" : "view.many", facts));
  player.open(recording, compare.seconds);
}

function moved(frame) {
  if (!recording || live.running) return;
  stage?.pose(recording.frame(Math.min(frame, recording.frames - 1)));
  compare.at(player.seconds);
  view.draw();
}

let recordings = 0;

/** Show what was recorded with the webcam. */
function recorded(content, picture) {
  const title = t("record.title", { number: ++recordings });
  sources.openOther(content, title);
  note(t("record.done", { title }), "plain");
  film = picture;
  find("save-film").hidden = !film;
}

/** After a stream, show the recording again, if there is one. */
function back() {
  view.clear();
  if (recording) showRecording();
  inquiry.open(recording);
}

// ---- answer

/** Put what is on display into the address; the first visit's actions stay out of it. */
function link(all = false) {
  writeLink({ example: sources.example, actions: all || !actions.first ? actions.actions : [] });
}

function actionsChanged() {
  link();
  if (live.running) live.change(actions.wire);
  else inquiry.soon();
  compare.ask();
}

function answered(prediction, about) {
  view.answer(prediction);
  compare.first(prediction);
  const { best, presence, probabilities, actions: names } = prediction;
  entry = answers.add({ motion: about.title, actions: names, probabilities, presence, none_of_these: verdict.isNone(presence), best, threshold: verdict.threshold, clear_from: null });
}

function explained(explanation) {
  const known = view.explain(explanation);
  if (entry && known !== null) answers.update(entry, { clear_from: known });
}

/** After teaching or undoing an example: the answer is asked for again. */
function taught(name) {
  if (!name || actions.has(name)) inquiry.soon(0);
  else actions.add(name);
}

/** lacking: "actions" or "motion", or null with the reason. */
function failed(lacking, reason) {
  compare.first(null);
  if (!live.running) view.clear(lacking ? t(`answer.${lacking}`) : reason);
}

// ---- wiring

for (const [button, start] of [["replay", () => live.replay(recording)], ["webcam", () => live.webcam()]])
  find(button).addEventListener("click", () => {
    if (find(button).getAttribute("aria-pressed") === "true") return live.stop();
    if (!actions.wire.length) return note(t("live.action"));
    player.close();
    inquiry.stop();
    attempt(start);
  });

let calibrated = true; // whether the server's model can be taught and makes timelines

function allowTeaching() {
  teach.allow(calibrated && !inquiry.local, t(inquiry.local ? "teach.local" : "teach.unable"));
}

let before = null; // the actions before the model in this browser replaced them

function noteModel(text, kind = "plain") {
  find("local-note").dataset.kind = kind;
  say(find("local-note"), text);
}

find("local").addEventListener("change", async (event) => {
  noteModel(t("local.loading"));
  try {
    inquiry.local = await LocalModel.open(event.target.files);
  } catch (error) {
    return noteModel(error.message, "wrong");
  }
  live.stop();
  allowTeaching();
  find("server").hidden = false;
  noteModel(t("local.done", { notice: inquiry.local.about.notice ?? "" }));
  before ??= actions.actions;
  actions.replace(inquiry.local.actions.map((name) => ({ name, texts: [] })));
});
find("server").addEventListener("click", () => {
  inquiry.local = null;
  allowTeaching();
  find("server").hidden = true;
  find("local").value = "";
  noteModel("");
  actions.replace(before);
  before = null;
});

function colours() {
  const theme = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  find("theme").setAttribute("aria-pressed", String(theme === "dark"));
  stage?.recolour();
  compare.recolour();
  return theme;
}
find("theme").addEventListener("click", () => {
  const theme = colours() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  store("zeroskel.theme", theme);
  colours();
});
dark.addEventListener("change", colours);
colours();

find("share").addEventListener("click", async () => {
  link(true);
  note(await share(), "plain");
});

const stem = () => recording.title.replace(/\.\w+$/, "");
find("save-motion").addEventListener("click", () => save(`${stem()}.json`, "application/json", toFile(recording)));
find("save-film").addEventListener("click", () => save(`${stem()}.${film.type.endsWith("mp4") ? "mp4" : "webm"}`, film.type, film));
new Menu({
  button: find("export-open"), list: find("export-list"),
  chosen: ({ dataset: { format } }) => attempt(async () => {
    save(`${stem()}.${format}`, "", await api.timelineFile(inquiry.body(), format));
  }),
});
new Shortcuts({
  dialog: find("shortcuts"), list: find("shortcuts-list"), box: find("shortcuts-on"), button: find("keys"),
  keys: {
    " ": ["keys.play", () => player.frames > 1 && player.toggle()],
    ",": ["keys.back", () => player.step(-1)],
    ".": ["keys.on-one", () => player.step(1)],
    "/": ["keys.action", () => find("action").focus()],
    n: ["keys.next", () => sources.next()],
    "[": ["keys.start", () => teach.setStart()],
    "]": ["keys.end", () => teach.setEnd()],
    t: ["keys.teach", () => teach.open()],
    w: ["keys.camera", () => find("webcam").click()],
  },
});

const linked = readLink();
if (linked.actions.length) actions.replace(linked.actions);
view.clear(t("answer.busy"));
document.documentElement.dataset.loaded = "";

attempt(async () => {
  const model = await api.model();
  actions.limits = { ...actions.limits, ...model.limits };
  live.layouts = model.layouts;
  calibrated = model.calibrated;
  allowTeaching();
  showModel(find, model);
  find("layout").append(...Object.keys(model.layouts).map((name) => new Option(name, name)));
});
attempt(() => teach.restore());
attempt(async () => {
  const clips = await api.clips();
  sources.list(clips);
  if (!recording && !live.running) sources.openExample(linked.example ?? clips[0]?.id);
});
