// Score a recording with an exported bundle: node onnx_scores.mjs MODEL.onnx RECORDING.json (docs/export.md).
// In a browser, replace `readFile` by `fetch`.
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-web";

const [model, recording] = process.argv.slice(2);
const about = JSON.parse(await readFile(`${model}.json`, "utf8"));
const clip = JSON.parse(await readFile(recording, "utf8"));
if (clip.layout !== about.layout) throw new Error(`joints of layout ${clip.layout}; expected ${about.layout}`);
const [, bodies, , joints, channels] = about.axes.joints;
const frames = clip.joints[0].length;
const values = new Float32Array(bodies * frames * joints * channels).fill(NaN); // NaN: not observed
clip.joints.slice(0, bodies).flat(3).forEach((value, index) => (values[index] = value ?? NaN));
const texts = Float32Array.from(about.embeddings.flat());
const session = await ort.InferenceSession.create(new Uint8Array(await readFile(model)));
const { scores, probabilities } = await session.run({
  joints: new ort.Tensor("float32", values, [1, bodies, frames, joints, channels]),
  texts: new ort.Tensor("float32", texts, [about.actions.length, about.axes.texts[1]]),
});
about.actions.forEach((action, k) =>
  console.log(`${(100 * probabilities.data[k]).toFixed(1).padStart(5)}%  ${scores.data[k].toPrecision(6)}  ${action}`),
);
