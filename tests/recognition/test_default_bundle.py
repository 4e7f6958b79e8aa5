"""The bundle that comes with the package."""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition.default_bundle import BUNDLE_CONFIG
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
    """Four actions by five computed people, and their names."""
    made = [(generate_sequence(shown, seed=900 + i), name) for name, shown in SHOWN.items() for i in range(5)]
    return [clip for clip, _ in made], np.array([name for _, name in made])


def right(recognizer, clips, names):
    return np.mean([found.best == name for found, name in zip(recognizer.predict(clips, ACTIONS), names, strict=True)])


def test_it_is_small_and_holds_no_pickle():
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 6e6
    assert {file.suffix for file in files} == {".json", ".safetensors", ".md"}


def test_it_is_of_the_recipe_and_says_what_it_is(recognizer):
    facts = recognizer.facts
    assert recognizer.encoder.encoder == BUNDLE_CONFIG.encoder and recognizer.aligner.method == BUNDLE_CONFIG.method
    assert recognizer.prompt == BUNDLE_CONFIG.prompt and recognizer.calibration is not None
    assert facts["members"] == ["kinder-gator", "msr-action3d", "nw-ucla", "utd-mhad", "utkinect"]
    assert (facts["synthetic"], facts["augment"]) == (BUNDLE_CONFIG.synthetic, BUNDLE_CONFIG.augment)
    assert len(facts["seen_classes"]) == 61 and facts["left_out"] == [] and len(facts["terms"]) == 5
    card = (FOLDER / "README.md").read_text()
    for figure in facts["figures"]:
        assert figure["value"] in card
    for part in ("Trained on", "What it cannot do", *facts["terms"]):
        assert part in card


def test_its_figures_are_the_recorded_ones(recognizer):
    practice = Path(__file__).parents[2] / "docs" / "results" / "practice.json"
    sets = json.loads(practice.read_text())["sets"]
    said = " ".join(figure["value"] for figure in recognizer.facts["figures"])
    for own in sets.values():
        assert f"{100 * own['words']['accuracy']:.0f} % right by class" in said


def test_computed_people_are_understood(recognizer, clips):
    assert right(recognizer, *clips) >= 0.7  # chance 0.2; it trained on other computed people


def test_it_bears_what_sensors_do(recognizer, clips):
    """Size, place, view, mirror, frame rate, another layout, missing hands: nearly as good as on the clips."""
    motions, names = clips
    hands = [i for i, joint in enumerate(get_layout("ntu-25").joints) if "hand" in joint or "thumb" in joint]

    def without_hands(clip):
        joints = clip.joints.copy()
        joints[:, :, hands] = np.nan
        return clip.replace(joints)

    changes = {
        "size": lambda clip: clip.replace(clip.joints * 0.6),
        "place": lambda clip: clip.replace(clip.joints + 3),
        "view": lambda clip: rotate(clip, yaw=0.8),
        "mirror": mirror,
        "frame rate": lambda clip: clip.replace(clip.joints[:, ::3], fps=clip.fps / 3),
        "layout": lambda clip: convert_layout(clip, "kinect-20"),
        "hands": without_hands,
    }
    plain = right(recognizer, motions, names)
    found = {name: right(recognizer, [change(clip) for clip in motions], names) for name, change in changes.items()}
    assert min(found.values()) >= plain - 0.3, found
    assert np.mean(list(found.values())) >= plain - 0.15, found


def test_known_and_unknown_words_are_taken(recognizer, clips):
    found = recognizer.predict(clips[0][0], ["bend the knees deeply and get up", "type on a keyboard"])
    assert found.best == "bend the knees deeply and get up"
    assert 0 <= found.presence <= 1
