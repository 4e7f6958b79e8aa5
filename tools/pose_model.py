"""Copies the networks of the pose from MediaPipe's wheel into the package, without the segmentation of the person.

    pip download --no-deps mediapipe==0.10.21
    python tools/pose_model.py mediapipe-0.10.21-….whl

The output that segments the person is not used. Without the operators that only it needs, the landmarks are the same to
the last bit and take half the time.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

FOLDER = Path(__file__).parent.parent / "src/zeroskel/resources/pose"
NETWORKS = {
    "mediapipe/modules/pose_detection/pose_detection.tflite": None,
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite": b"Identity_2",
}


def main() -> None:
    """Write the networks and print their hashes."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        for name, unused in NETWORKS.items():
            content = wheel.read(name)
            if unused is not None:
                content = without_output(content, unused)
            target = FOLDER / Path(name).name
            target.write_bytes(content)
            print(target, len(content), hashlib.sha256(content).hexdigest())


def without_output(content: bytes, name: bytes) -> bytes:
    """Return a network without one of its outputs and without the operators that only this output needs."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    (graph,) = model.subgraphs
    graph.outputs = [output for output in graph.outputs if graph.tensors[output].name != name]
    needed, operators = set(graph.outputs), []
    for operator in reversed(graph.operators):
        if not needed.isdisjoint(operator.outputs):
            operators.insert(0, operator)
            needed.update(index for index in operator.inputs if index >= 0)
    used = sorted(needed.union(graph.inputs, *(operator.outputs for operator in operators)))
    number = {old: new for new, old in enumerate(used)} | {-1: -1}
    for holder in (graph, *operators):
        holder.inputs = [number[index] for index in holder.inputs]
        holder.outputs = [number[index] for index in holder.outputs]
    graph.operators, graph.tensors = operators, [graph.tensors[index] for index in used]
    owners = [*graph.tensors, *(model.metadata or ())]
    buffers = sorted({0}.union(owner.buffer for owner in owners))
    for owner in owners:
        owner.buffer = buffers.index(owner.buffer)
    model.buffers = [model.buffers[index] for index in buffers]
    model.signatureDefs = None
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


if __name__ == "__main__":
    main()
