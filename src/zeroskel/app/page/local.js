// An exported model, run in this browser by onnxruntime-web: the two files that `zeroskel export` wrote.

const FOLDER = new URL("web/onnx/", import.meta.url).href;
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]; // of the frames, for the curve

async function runtime() {
  const there = await fetch(`${FOLDER}ort.wasm.min.mjs`);
  if (!there.ok)
    throw new Error("A model in the browser needs onnxruntime-web, which is not installed: run `make web` in the project's folder and start the server again.");
  const ort = await import(`${FOLDER}ort.wasm.min.mjs`);
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = 1;
  return ort;
}

/** Answers like the server's /api/predict and /api/explain, of the actions whose texts came with the graph. */
export class LocalModel {
  /** files: the graph (.onnx) and its description (.json). Throws an Error that says what is wrong with them. */
  static async open(files) {
    const [graph, beside] = [".onnx", ".json"].map((suffix) => [...files].find((file) => file.name.endsWith(suffix)));
    if (!graph || !beside) throw new Error("Choose both files of `zeroskel export`: FILE.onnx and FILE.onnx.json.");
    const about = JSON.parse(await beside.text());
    if (about.format !== 1 || about.input !== "raw") throw new Error(`${beside.name}: found format ${about.format}, input ${about.input}; expected format 1, input raw (export without --prepared).`);
    if (!about.actions.length) throw new Error(`${beside.name} brings no actions: export with --actions.`);
    const ort = await runtime();
    const session = await ort.InferenceSession.create(new Uint8Array(await graph.arrayBuffer()), { executionProviders: ["wasm"] });
    return new LocalModel(ort, session, about);
  }

  constructor(ort, session, about) {
    Object.assign(this, { ort, session, about, bodies: about.axes.joints[1] });
  }

  /** Names of the actions that it can be asked about. */
  get actions() {
    return this.about.actions;
  }

  async predict(recording, actions) {
    const names = this.#names(actions);
    return this.#run(recording, names, recording.frames);
  }

  async explain(recording, actions, action) {
    const names = this.#names(actions);
    const counts = SHARES.map((share) => Math.max(1, Math.round(share * recording.frames)));
    const found = [];
    for (const count of counts) found.push(await this.#run(recording, names, count));
    return {
      ...found.at(-1),
      action: action ?? found.at(-1).best,
      observed_seconds: counts.map((count) => count / recording.fps),
      information: found.map(({ probabilities }) => probabilities.map((share) => Math.log(Math.max(share, 1e-12)) + Math.log(names.length))),
      moments: [],
      moment_information: [],
      parts: null,
    };
  }

  #names(actions) {
    const names = actions.map((action) => action.name ?? action);
    const strange = names.find((name) => !this.actions.includes(name));
    if (strange !== undefined) throw new Error(`“${strange}” did not come with this model; it knows: ${this.actions.join(", ")}.`);
    return names;
  }

  async #run(recording, names, count) {
    const joints = this.#joints(recording, count);
    const rows = names.map((name) => this.about.embeddings[this.actions.indexOf(name)]);
    const texts = new this.ort.Tensor("float32", Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
    const found = await this.session.run({ joints, texts });
    const probabilities = [...found.probabilities.data];
    return {
      actions: names,
      scores: [...found.scores.data],
      probabilities,
      presence: found.presence ? found.presence.data[0] : null,
      best: names[probabilities.indexOf(Math.max(...probabilities))],
    };
  }

  /** (1, M, T, V, C) of the first frames, joints by name, NaN where not observed. */
  #joints(recording, count) {
    const places = this.about.joints.map((name) => recording.joints.indexOf(name));
    const missing = this.about.joints.filter((_, place) => places[place] < 0);
    if (missing.length) throw new Error(`This recording has no ${missing.join(", ")}; the model in the browser needs the joints of ${this.about.layout}.`);
    if (recording.bodies > this.bodies) throw new Error(`Found ${recording.bodies} people; the model in the browser takes ${this.bodies}.`);
    const shape = [1, this.bodies, count, places.length, this.about.axes.joints.at(-1)];
    const values = new Float32Array(shape.reduce((all, one) => all * one)).fill(NaN);
    let next = 0;
    for (let body = 0; body < this.bodies; body++)
      for (let frame = 0; frame < count; frame++) {
        const pose = recording.positions[body]?.[frame];
        for (const place of places) {
          const joint = pose?.[place];
          if (joint) values.set(joint.slice(0, shape[4]).map((value) => value ?? NaN), next);
          next += shape[4];
        }
      }
    return new this.ort.Tensor("float32", values, shape);
  }
}
