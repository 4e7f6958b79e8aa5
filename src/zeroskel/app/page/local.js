// An exported model that onnxruntime-web runs in this browser, from the two files that `zeroskel export` wrote.
import { t } from "./texts.js";

const FOLDER = new URL("web/onnx/", import.meta.url).href;
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]; // of the frames, for the curve

/** Round as the server does: a half goes to the even number. */
function toEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

async function runtime() {
  const there = await fetch(`${FOLDER}ort.wasm.min.mjs`);
  if (!there.ok)
    throw new Error(t("local.runtime"));
  const ort = await import(`${FOLDER}ort.wasm.min.mjs`);
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = 1;
  return ort;
}

/** Answers as /api/predict and /api/explain do, for the actions whose embeddings are stored with the graph. */
export class LocalModel {
  /** files: the graph (.onnx) and its description (.json). Throws an Error that says what is wrong with them. */
  static async open(files) {
    const [graph, description] = [".onnx", ".json"].map((suffix) => [...files].find((file) => file.name.endsWith(suffix)));
    if (!graph || !description) throw new Error(t("local.both"));
    const about = JSON.parse(await description.text());
    if (about.format !== 1 || about.input !== "raw") throw new Error(t("local.format", { name: description.name, ...about }));
    if (!about.actions.length) throw new Error(t("local.actions", description));
    const ort = await runtime();
    const session = await ort.InferenceSession.create(new Uint8Array(await graph.arrayBuffer()), { executionProviders: ["wasm"] });
    return new LocalModel(ort, session, about);
  }

  constructor(ort, session, about) {
    Object.assign(this, { ort, session, about, bodies: about.axes.joints[1] });
  }

  /** Names of the actions that the model can predict. */
  get actions() {
    return this.about.actions;
  }

  async predict(recording, actions) {
    const names = this.#names(actions);
    return this.#run(recording, names, recording.frames);
  }

  async explain(recording, actions, action) {
    const names = this.#names(actions);
    const counts = SHARES.map((share) => Math.max(1, toEven(share * recording.frames)));
    const predictions = [];
    for (const count of counts) predictions.push(await this.#run(recording, names, count));
    return {
      ...predictions.at(-1),
      action: action ?? predictions.at(-1).best,
      observed_seconds: counts.map((count) => count / recording.fps),
      information: predictions.map(({ probabilities }) => probabilities.map((share) => Math.log(Math.max(share, 1e-12)) + Math.log(names.length))),
      moments: [],
      moment_information: [],
      parts: null,
    };
  }

  #names(actions) {
    const names = actions.map((action) => action.name ?? action);
    const unknown = names.find((name) => !this.actions.includes(name));
    if (unknown !== undefined) throw new Error(t("local.unknown", { name: unknown, list: this.actions.join(", ") }));
    return names;
  }

  async #run(recording, names, count) {
    const joints = this.#joints(recording, count);
    const rows = names.map((name) => this.about.embeddings[this.actions.indexOf(name)]);
    const texts = new this.ort.Tensor("float32", Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
    const result = await this.session.run({ joints, texts });
    const probabilities = [...result.probabilities.data];
    return {
      actions: names,
      scores: [...result.scores.data],
      probabilities,
      presence: result.presence ? result.presence.data[0] : null,
      best: names[probabilities.indexOf(Math.max(...probabilities))],
    };
  }

  /** Return the first frames as a tensor (1, M, T, V, C): joints matched by name, NaN where not observed. */
  #joints(recording, count) {
    const indices = this.about.joints.map((name) => recording.joints.indexOf(name));
    const missing = this.about.joints.filter((_, index) => indices[index] < 0);
    if (missing.length) throw new Error(t("local.joints", { list: missing.join(", "), layout: this.about.layout }));
    if (recording.bodies > this.bodies) throw new Error(t("local.people", { count: recording.bodies, most: this.bodies }));
    const shape = [1, this.bodies, count, indices.length, this.about.axes.joints.at(-1)];
    const values = new Float32Array(shape.reduce((all, one) => all * one)).fill(NaN);
    let next = 0;
    for (let body = 0; body < this.bodies; body++)
      for (let frame = 0; frame < count; frame++) {
        const pose = recording.positions[body]?.[frame];
        for (const index of indices) {
          const joint = pose?.[index];
          if (joint) values.set(joint.slice(0, shape[4]).map((value) => value ?? NaN), next);
          next += shape[4];
        }
      }
    return new this.ort.Tensor("float32", values, shape);
  }
}
