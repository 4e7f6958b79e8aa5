"""Score a recording with an exported bundle: python onnx_scores.py MODEL.onnx RECORDING.json (docs/export.md)."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

model, recording = sys.argv[1:]
about = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
clip = json.loads(Path(recording).read_text(encoding="utf-8"))
if clip["layout"] != about["layout"]:
    sys.exit(f"{recording}: joints of layout {clip['layout']}; expected {about['layout']}")
_, bodies, _, joints, channels = about["axes"]["joints"]
values = np.array(clip["joints"], dtype=np.float32).reshape(-1, len(clip["joints"][0]), joints, channels)  # null: NaN
padded = np.full((1, bodies, *values.shape[1:]), np.nan, dtype=np.float32)
padded[0, : len(values)] = values[:bodies]
texts = np.array(about["embeddings"], dtype=np.float32)
scores, probabilities = onnxruntime.InferenceSession(model).run(
    ["scores", "probabilities"], {"joints": padded, "texts": texts}
)
for action, score, probability in zip(about["actions"], scores[0], probabilities[0], strict=True):
    print(f"{probability:6.1%}  {score:.6g}  {action}")
