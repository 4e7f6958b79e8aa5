"""Facts of the bundle that comes with the package."""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition._training import DEFAULT_BUNDLE
from zeroskel.skeleton.transforms import convert_layout, mirror, rotate

ACTIONS = ["squat", "wave one hand", "jog", "clap hands", "kick"]
SHOWN = {
    "squat": "squat",
    "wave one hand": "wave the right hand",
    "jog": "run in place",
    "clap hands": "clap the hands",
}
FOLDER = Path(str(resources.files("zeroskel.resources") / "bundle"))


@pytest.fixture(scope="module")
def recognizer():
    return ZeroShotRecognizer.load("default")


@pytest.fixture(scope="module")
def clips():
    """Return recordings of four actions by five simulated people, and their names."""
    sequences = [generate_sequence(shown, seed=900 + i) for shown in SHOWN.values() for i in range(5)]
    return sequences, np.repeat(list(SHOWN), 5)


def accuracy(recognizer, clips, names):
    predictions = recognizer.predict(clips, ACTIONS)
    return np.mean([prediction.best == name for prediction, name in zip(predictions, names, strict=True)])


def test_it_is_small_and_holds_no_pickle():
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 6e6
    assert {file.suffix for file in files} == {".json", ".safetensors", ".md"}


def test_its_facts_are_those_of_its_configuration(recognizer):
    facts = recognizer.facts
    assert recognizer.encoder.encoder == DEFAULT_BUNDLE.encoder and recognizer.aligner.method == DEFAULT_BUNDLE.method
    assert recognizer.prompt == DEFAULT_BUNDLE.prompt and recognizer.calibration is not None
    assert facts["members"] == ["kinder-gator", "msr-action3d", "nw-ucla", "utd-mhad", "utkinect"]
    assert (facts["synthetic"], facts["augment"]) == (DEFAULT_BUNDLE.synthetic, DEFAULT_BUNDLE.augment)
    assert len(facts["seen_classes"]) == 61 and facts["left_out"] == [] and len(facts["terms"]) == 5
    card = (FOLDER / "README.md").read_text()
    for figure in facts["figures"]:
        assert figure["value"] in card
    for part in ("Trained on", "What it cannot do", *facts["terms"]):
        assert part in card


def test_its_figures_are_those_of_recorded_results(recognizer):
    practice = Path(__file__).parents[2] / "docs" / "results" / "practice.json"
    sets = json.loads(practice.read_text())["sets"]
    figures = " ".join(figure["value"] for figure in recognizer.facts["figures"])
    for dataset in sets.values():
        assert f"{100 * dataset['written']['accuracy']:.0f} % per-class accuracy" in figures


def test_simulated_people_are_recognised(recognizer, clips):
    assert accuracy(recognizer, *clips) >= 0.7  # chance 0.2; it was trained on other simulated people


def test_it_tolerates_changes_of_the_sensor(recognizer, clips):
    """The accuracy stays for another size, position, view, frame rate or layout, a mirror image and missing hands."""
    motions, names = clips
    hands = [i for i, joint in enumerate(get_layout("ntu-25").joints) if "hand" in joint or "thumb" in joint]

    def without_hands(clip):
        joints = clip.joints.copy()
        joints[:, :, hands] = np.nan
        return clip.replace(joints)

    changes = {
        "size": lambda clip: clip.replace(clip.joints * 0.6),
        "position": lambda clip: clip.replace(clip.joints + 3),
        "view": lambda clip: rotate(clip, yaw=0.8),
        "mirror": mirror,
        "frame rate": lambda clip: clip.replace(clip.joints[:, ::3], fps=clip.fps / 3),
        "layout": lambda clip: convert_layout(clip, "kinect-20"),
        "hands": without_hands,
    }
    plain = accuracy(recognizer, motions, names)
    changed = {
        name: accuracy(recognizer, [change(clip) for clip in motions], names) for name, change in changes.items()
    }
    assert min(changed.values()) >= plain - 0.3, changed
    assert np.mean(list(changed.values())) >= plain - 0.15, changed


def test_known_and_unknown_words_are_accepted(recognizer, clips):
    prediction = recognizer.predict(clips[0][0], ["bend the knees deeply and get up", "type on a keyboard"])
    assert prediction.best == "bend the knees deeply and get up"
    assert 0 <= prediction.presence <= 1
