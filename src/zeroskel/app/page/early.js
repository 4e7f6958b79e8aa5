// Asks for the first example and its answer while the browser still reads the code that draws them.
import { storedActions, toWire } from "./actions.js";
import * as api from "./api.js";
import { readLink } from "./share.js";
import { load } from "./store.js";

async function begin() {
  const linked = readLink();
  const clips = api.ahead("clips");
  const example = linked.example ?? (await clips)[0]?.id;
  if (!example) return;
  api.ahead(`clips/${encodeURIComponent(example)}`);
  const actions = toWire(linked.actions.length ? linked.actions : storedActions());
  if (actions.length && !load("zeroskel.teaching", "sessionStorage")) api.ahead("predict", { recording: example, actions });
}

begin().catch((error) => console.info("The first example is asked for again:", error.message));
