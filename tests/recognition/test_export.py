"""An exported graph gives the scores of the recognizer."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import action_names, generate_dataset, generate_sequence
from zeroskel.recognition import TrainingConfig, train_bundle
from zeroskel.recognition._calibration import Calibration
from zeroskel.recognition._examples import Examples
from zeroskel.recognition.export import export_onnx
from zeroskel.skeleton import make_batch
from zeroskel.skeleton.formats import write

from ..app.conftest import assert_refused, run_process, run_zeroskel

pytestmark = pytest.mark.slow("graphs are traced and run by another runtime")

PROJECT = Path(__file__).resolve().parent.parent.parent
ASKED = ["wave both hands", "squat", "jump", "sit down on a chair", "walk in place"]
TOLERANCE = 1e-4  # of the largest score of a sequence
SHORT = {
    "smie": {"epochs": 3, "hidden": (64, 32)},
    "kite": {"epochs": 3},
    "contrastive": {"epochs": 3},
    "stgcn": {"epochs": 1},
}


def trained(dataset, cache, encoder, method, prompt="name"):
    config = TrainingConfig(encoder=encoder, method=method, prompt=prompt, options=SHORT, masked_views=1)
    return train_bundle(dataset, config, cache=cache)


def calibrated(recognizer):
    """Return the recognizer with an arbitrary calibration and background."""
    features = recognizer.encoder.encode(np.zeros((1, *recognizer.preprocessing.shape), np.float32))
    centre = (0.0,) * features.shape[1]
    calibration = Calibration(0.7, (0.3, 0.8, -0.2, 0.1, -0.5), (0.0,) * 6, 0.0, centre, 9, 3)
    background = recognizer.candidates(action_names()[5:12]).embeddings
    return replace(recognizer, calibration=calibration, background=background)


def session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options)


def assert_equal_scores(scores, expected):
    assert scores.shape == expected.shape
    assert (np.abs(scores - expected) <= TOLERANCE * np.abs(expected).max(axis=1, keepdims=True)).all()


def of_recognizer(recognizer, sequences, actions):
    predictions = recognizer.predict(sequences, actions)
    return [np.stack([getattr(p, what) for p in predictions]) for what in ("scores", "probabilities")]


@pytest.fixture(scope="module")
def exported(small, cache, tmp_path_factory):
    """Return a calibrated bundle of biomechanics and kite, its graph of raw joints, and the content of FILE.json."""
    recognizer = calibrated(trained(small, cache, "biomechanics", "kite", "aspects+name"))
    file = tmp_path_factory.mktemp("export") / "kite.onnx"
    beside = export_onnx(recognizer, file, actions=ASKED)
    return recognizer, file, json.loads(beside.read_text())


@pytest.fixture(scope="module")
def pairs():
    """Return recordings of two simulated people and three actions; the second is absent in a third of them."""
    sequences, labels, subjects, names = generate_dataset(ASKED[:3], subjects=4, repetitions=3, seed=1)
    sequences = [beside(first, second) for first, second in zip(sequences, sequences[::-1], strict=True)]
    sequences[::3] = [s.replace(np.stack([s.joints[0], np.full_like(s.joints[0], np.nan)])) for s in sequences[::3]]
    return SkeletonDataset(sequences, labels, subjects, names, name="pairs", splits={}, notice="Synthetic.")


def beside(first, second):
    frames = min(first.frames, second.frames)
    other = second.joints[0, :frames] + np.float32([0.9, 0, 0])
    return SkeletonSequence(np.stack([first.joints[0, :frames], other]), first.layout)


def test_200_sequences_have_equal_scores_from_raw_joints(exported):
    recognizer, file, _ = exported
    names = action_names()
    sequences = [generate_sequence(names[seed % len(names)], seed=5000 + seed) for seed in range(200)]
    sequences[1::4] = [gappy(sequence, seed) for seed, sequence in enumerate(sequences[1::4])]
    assert len({sequence.frames for sequence in sequences}) > 20
    runtime, texts = session(file), recognizer.candidates(ASKED).embeddings
    outputs = [runtime.run(None, {"joints": s.joints[None], "texts": texts}) for s in sequences]
    scores, probabilities, presence = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
    expected = of_recognizer(recognizer, sequences, ASKED)
    assert_equal_scores(scores, expected[0])
    np.testing.assert_allclose(probabilities, expected[1], atol=1e-4)
    predictions = recognizer.predict(sequences, ASKED)
    by_the_graph = np.array([not prediction.note for prediction in predictions])  # graphs lack the rule of stillness
    assert by_the_graph.mean() > 0.95
    expected_presence = np.array([prediction.presence for prediction in predictions])
    np.testing.assert_allclose(presence[by_the_graph], expected_presence[by_the_graph], atol=1e-4)


def gappy(sequence, seed):
    """Return a sequence with gaps, and with a head that was never observed."""
    joints = sequence.joints.copy()
    rng = np.random.default_rng(seed)
    for start, joint in zip(rng.integers(0, sequence.frames, 12), rng.integers(0, joints.shape[2], 12), strict=True):
        joints[:, start : start + rng.integers(1, 16), joint] = np.nan
    joints[:, :, sequence.layout.index("head")] = np.nan
    return sequence.replace(joints)


def test_sequences_and_candidates_may_be_many_or_one(exported):
    recognizer, file, _ = exported
    runtime = session(file)
    for frames, count, actions in ((2, 3, ASKED[:1]), (50, 1, ASKED[:2]), (90, 7, action_names()), (1, 1, ASKED[:1])):
        sequences = [generate_sequence("squat", seed, frames=max(2, frames)) for seed in range(count)]
        sequences = [s.replace(s.joints[:, :frames]) for s in sequences]
        texts = recognizer.candidates(actions).embeddings
        scores, _, presence = runtime.run(None, {"joints": np.stack([s.joints for s in sequences]), "texts": texts})
        assert_equal_scores(scores, of_recognizer(recognizer, sequences, actions)[0])
        assert presence.shape == (count,)


def test_the_graph_is_valid_and_its_json_file_describes_it(exported):
    recognizer, file, about = exported
    onnx.checker.check_model(str(file), full_check=True)
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, f"{file.name}.json"]
    assert about["axes"] == {
        "joints": ["N", 1, "T", 25, 3],
        "texts": ["K", recognizer.aligner.text_dim_],
        "scores": ["N", "K"],
        "probabilities": ["N", "K"],
        "presence": ["N"],
    }
    runtime = session(file)
    assert [i.name for i in runtime.get_inputs()] == ["joints", "texts"]
    assert [o.name for o in runtime.get_outputs()] == ["scores", "probabilities", "presence"]
    metadata = runtime.get_modelmeta().custom_metadata_map
    assert (metadata["temperature"], metadata["notice"]) == ("0.7", "Synthetic.")
    assert about["actions"] == ASKED
    embeddings = np.array(about["embeddings"], dtype=np.float32)
    np.testing.assert_array_equal(embeddings, recognizer.candidates(ASKED).embeddings)
    assert (about["layout"], about["input"], about["notice"]) == ("ntu-25", "raw", "Synthetic.")
    assert about["text_fingerprint"] == recognizer.sentences.fingerprint


@pytest.mark.parametrize(("encoder", "method"), [("kinematic", "smie"), ("stgcn", "contrastive")])
def test_other_bundles_of_two_bodies_from_raw_joints(pairs, cache, tmp_path, encoder, method):
    recognizer = trained(pairs, cache, encoder, method)
    assert recognizer.preprocessing.bodies == 2
    export_onnx(recognizer, tmp_path / "graph.onnx")
    runtime, texts = session(tmp_path / "graph.onnx"), recognizer.candidates(ASKED).embeddings
    sequences = list(pairs.sequences)
    swapped = [s.replace(s.joints[::-1]) for s in sequences]
    for recordings in (sequences, swapped):
        scores = [runtime.run(["scores"], {"joints": s.joints[None], "texts": texts})[0] for s in recordings]
        assert_equal_scores(np.concatenate(scores), of_recognizer(recognizer, recordings, ASKED)[0])


def test_recordings_may_be_resampled_to_two_frames(pairs, cache, tmp_path):
    recognizer = trained(pairs, cache, "kinematic", "ridge")
    recognizer = replace(recognizer, preprocessing=replace(recognizer.preprocessing, frames=2))
    export_onnx(recognizer, tmp_path / "graph.onnx")
    texts = recognizer.candidates(ASKED).embeddings
    inputs = {"joints": pairs.sequences[0].joints[None], "texts": texts}
    scores = session(tmp_path / "graph.onnx").run(["scores"], inputs)[0]
    assert_equal_scores(scores, of_recognizer(recognizer, [pairs.sequences[0]], ASKED)[0])


PREPARED = [("biomechanics", "kernel-ridge"), ("kinematic", "ridge"), ("movement", "ridge"), ("stgcn", "smie")]


@pytest.mark.parametrize(("encoder", "method"), PREPARED)
def test_prepared_sequences_have_equal_scores(pairs, cache, tmp_path, encoder, method):
    recognizer = trained(pairs, cache, encoder, method)
    export_onnx(recognizer, tmp_path / "graph.onnx", prepared=True)
    runtime, texts = session(tmp_path / "graph.onnx"), recognizer.candidates(ASKED).embeddings
    batch = make_batch(list(pairs.sequences), recognizer.preprocessing)
    scores = runtime.run(["scores"], {"joints": batch, "texts": texts})[0]
    assert_equal_scores(scores, of_recognizer(recognizer, list(pairs.sequences), ASKED)[0])
    longer = make_batch(list(pairs.sequences), replace(recognizer.preprocessing, frames=80))
    scores = runtime.run(["scores"], {"joints": longer, "texts": texts})[0]
    moments = np.linspace(0, 79, recognizer.preprocessing.frames)
    before, share = moments.astype(int), (moments % 1).astype(np.float32)[:, None, None]
    resampled = longer[:, :, before] * (1 - share) + longer[:, :, np.minimum(before + 1, 79)] * share
    assert_equal_scores(scores, recognizer.aligner.score_classes(recognizer.encoder.encode(resampled), texts))


def test_the_graph_of_a_network_is_the_same_on_every_cpu(pairs, cache, tmp_path, monkeypatch):
    recognizer, steps = trained(pairs, cache, "stgcn", "smie"), []
    for is_amd in (False, True):
        monkeypatch.setattr("zeroskel.neural._linear.convolutions_are_faster", lambda is_amd=is_amd: is_amd)
        monkeypatch.setattr("zeroskel.neural._linear.LEAST_CHANNELS", 1 if is_amd else 1000)
        export_onnx(recognizer, tmp_path / "graph.onnx", prepared=True)
        steps.append([node.op_type for node in onnx.load(tmp_path / "graph.onnx").graph.node])
    assert steps[0] == steps[1]


def test_the_python_example_prints_the_prediction(exported, tmp_path):
    recognizer, file, _ = exported
    clip = gappy(generate_sequence("wave both hands", seed=11), 0)
    write(clip, tmp_path / "clip.json")
    command = [sys.executable, PROJECT / "examples" / "onnx_scores.py", file, tmp_path / "clip.json"]
    assert_prints(subprocess.run(command, capture_output=True, text=True), recognizer.predict(clip, ASKED))


def test_the_javascript_example_prints_the_prediction(exported, tmp_path):
    recognizer, file, _ = exported
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    packages = PROJECT / "web" / "node_modules"
    if not node or not (packages / "onnxruntime-web").is_dir():
        message = "node or onnxruntime-web is absent; run `make web`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    clip = gappy(generate_sequence("squat", seed=12), 1)
    write(clip, tmp_path / "clip.json")
    shutil.copy(PROJECT / "examples" / "onnx_scores.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(packages)
    command = [node, tmp_path / "onnx_scores.mjs", file, tmp_path / "clip.json"]
    assert_prints(subprocess.run(command, capture_output=True, text=True), recognizer.predict(clip, ASKED))


def assert_prints(done, prediction):
    """Assert that the lines "probability score action" of an example are the prediction."""
    assert done.returncode == 0, done.stderr
    shares, scores, actions = zip(*(line.split(maxsplit=2) for line in done.stdout.splitlines()), strict=True)
    assert actions == prediction.actions
    assert_equal_scores(np.array([scores], dtype=float), prediction.scores[None])
    expected = [f"{share:.1%}" for share in prediction.probabilities]
    off = [abs(float(a[:-1]) - float(b[:-1])) for a, b in zip(shares, expected, strict=True)]
    assert max(off) < 0.11, (shares, expected)  # rounding of a half


def test_a_recognizer_that_cannot_be_exported_is_refused_and_leaves_no_file(exported, small, cache, tmp_path):
    recognizer = exported[0]
    file = tmp_path / "graph.onnx"
    with pytest.raises(InputError, match="method conse cannot be exported"):
        export_onnx(trained(small, cache, "kinematic", "conse"), file)
    with pytest.raises(InputError, match="before `adapt`"):
        export_onnx(replace(recognizer, examples=Examples(np.ones((1, 4)), ("squat",))), file)
    with pytest.raises(InputError, match="expected the name of a file"):
        export_onnx(recognizer, tmp_path)
    with pytest.raises(InputError, match="different texts"):
        export_onnx(recognizer, file, actions=["squat", "squat"])
    assert not list(tmp_path.iterdir())


def test_a_failed_export_does_not_change_the_file(exported, tmp_path, monkeypatch):
    file = tmp_path / "graph.onnx"
    file.write_text("before")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(InputError, match=r"pip install 'zeroskel\[export\]'"):
        export_onnx(exported[0], file)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_writes_a_graph_or_one_line(small, cache, tmp_path):
    bundle = tmp_path / "bundle"
    trained(small, cache, "kinematic", "ridge").save(bundle)
    done = run_process("export", bundle, "--onnx", tmp_path / "out" / "graph.onnx", "--actions", "squat", "jump")
    assert done.returncode == 0, done.stderr
    assert "graph.onnx.json: 2 actions" in done.stdout
    assert "Synthetic." in done.stdout
    assert done.stderr == ""
    clip = generate_sequence("jump", seed=3)
    about = json.loads((tmp_path / "out" / "graph.onnx.json").read_text())
    inputs = {"joints": clip.joints[None], "texts": np.array(about["embeddings"], np.float32)}
    scores, probabilities = session(tmp_path / "out" / "graph.onnx").run(None, inputs)
    prediction = ZeroShotRecognizer.load(bundle).predict(clip, ["squat", "jump"])
    assert_equal_scores(scores, prediction.scores[None])
    np.testing.assert_allclose(probabilities[0], prediction.probabilities, atol=1e-6)
    (tmp_path / "plain").write_text("")
    for arguments, words in (
        ((tmp_path, "--onnx", tmp_path / "x.onnx"), "bundle.json: no such file"),
        ((bundle, "--onnx", tmp_path / "plain" / "x.onnx"), "plain"),
        ((bundle, "--onnx", bundle), "a folder"),
        ((bundle,), "--onnx"),
    ):
        assert_refused(run_zeroskel("export", *arguments), words)
