"""The script that measures the default bundle's configuration on datasets that it did not see."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.skeleton.transforms import convert_layout

SCRIPTS = Path(__file__).resolve().parent.parent / "benchmarks"
ACTIONS = ["squat", "clap the hands", "kick forward with the right leg", "wave the right hand", "jump", "sit down"]


@pytest.fixture
def practice(monkeypatch, tmp_path):
    """Return the script as a module that measures two tiny datasets with the default bundle and its reader."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import practice

    sequences, labels, subjects, names = generate_dataset(ACTIONS, subjects=4, repetitions=1)
    sequences = [convert_layout(sequence, "kinect-20") for sequence in sequences]
    dataset = SkeletonDataset(sequences, labels, subjects, names, name="lab", splits={}, notice="Synthetic.")
    for file in ("lab.npz", "cad.npz"):
        dataset.to_npz(tmp_path / file)
    concepts = {"lab": {name: name for name in names}}
    pool = {"concepts": concepts, "class_names": names, "splits": {}}
    (tmp_path / "pool.json").write_text(json.dumps(pool))
    recognizer = ZeroShotRecognizer.load("default")
    trainings = []
    monkeypatch.setattr(practice, "source_key", lambda: "this code")
    monkeypatch.setattr(practice, "SETS", {"lab": "lab.npz", "cad": "cad.npz"})
    monkeypatch.setattr(practice, "train_without", lambda member, *_: trainings.append(member) or (recognizer, 1.0))
    monkeypatch.setattr(practice, "withheld_reader", lambda names, _: {"without": frozenset(names)})
    practice.trainings = trainings
    return practice


def run(practice, monkeypatch, folder, *arguments):
    """Return the figures by dataset after a run of the script."""
    paths = ["--data", folder, "--pool", folder / "pool.json", "--out", folder / "out.json", "--cache", folder]
    monkeypatch.setattr(sys, "argv", ["practice.py", *map(str, [*paths, *arguments])])
    practice.main()
    return json.loads((folder / "out.json").read_text())["sets"]


def test_a_finished_dataset_is_not_measured_again(practice, monkeypatch, tmp_path):
    quick = ("--without-presence", "--without-examples")
    first = run(practice, monkeypatch, tmp_path, "--sets", "lab", *quick)
    assert practice.trainings == ["lab"] and first["lab"]["parts"] == ["sentences"]
    both = run(practice, monkeypatch, tmp_path, *quick)
    assert practice.trainings == ["lab", ""], "a dataset outside the pool is tested on a model of the whole pool"
    assert both["lab"] == first["lab"]
    run(practice, monkeypatch, tmp_path, "--sets", "lab", "--again", *quick)
    assert practice.trainings[2:] == ["lab"]
    monkeypatch.setattr(practice, "source_key", lambda: "other code")
    run(practice, monkeypatch, tmp_path, "--sets", "lab", *quick)
    assert practice.trainings[3:] == ["lab"]


def test_every_figure_is_measured_for_both_readings_and_on_the_page(practice, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured -->\nold\n<!-- end -->\nafter\n")
    figures = run(practice, monkeypatch, tmp_path, "--sets", "lab", "--page", page)["lab"]
    chance = 1 / len(ACTIONS)
    for reading in ("written", "withheld"):
        assert set(figures[reading]["examples"]) == {"0", "1", "3", "5"}
        assert figures[reading]["accuracy"] > 2 * chance
        assert 0 <= figures[reading]["calibration_error"] <= 1 and 0 <= figures[reading]["presence_auc"] <= 1
    lines = page.read_text().splitlines()
    assert lines[0] == "before" and lines[-1] == "after" and "old" not in lines
    assert f"| lab | 6 (17) | 24 | **{100 * figures['withheld']['accuracy']:.0f}** |" in page.read_text()
    assert sum(line.startswith("| lab | w") for line in lines) == 2


def test_sentences_are_read_beside_and_instead_of_the_names(practice):
    recognizer = ZeroShotRecognizer.load("default")
    sequences, labels, subjects, names = generate_dataset(ACTIONS[:3], subjects=3, repetitions=1)
    test = SkeletonDataset(sequences, labels, subjects, names, name="lab", splits={}, notice="Synthetic.")
    sentences = dict(zip(names, ["Both knees bend deeply.", "Both hands meet.", "A leg swings forward."], strict=True))
    asked = []

    def read(names, texts):
        asked.append((tuple(names), dict(texts)))
        return practice.read_candidates(recognizer.sentences, names, texts)

    features = recognizer.encode(list(sequences))
    figures = practice.figures_of_reading(recognizer, features, test, read, sentences, ["sentences"])
    assert set(figures) == {"accuracy", "with_sentence", "sentence_alone"}
    with_sentence = {name: [sentence] for name, sentence in sentences.items()}
    assert asked == [(tuple(names), {}), (tuple(names), with_sentence), (tuple(sentences.values()), {})]


def test_every_action_of_the_described_datasets_has_a_sentence(practice):
    import tomllib

    tables = tomllib.loads(practice.SENTENCES.read_text(encoding="utf-8"))
    counts = {name: len(table) for name, table in tables.items()}
    assert counts == {"cad60": 13, "utd-mhad": 27, "msr-action3d": 20}
    for table in tables.values():
        assert all(sentence.endswith(".") and len(sentence.split()) > 4 for sentence in table.values())


def test_the_page_of_accuracy_has_the_figures_that_were_measured(practice, monkeypatch, tmp_path):
    docs, page = SCRIPTS.parent / "docs", tmp_path / "accuracy.md"
    text = (docs / "accuracy.md").read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    figures = docs / "results" / "practice.json"
    arguments = ["--table-only", "--out", str(figures), "--page", str(page)]
    monkeypatch.setattr(sys, "argv", ["practice.py", *arguments])
    practice.main()
    assert page.read_text(encoding="utf-8") == text


def test_synonyms_of_a_withheld_name_are_withheld(practice):
    from movement_reader import movements_without, with_synonyms

    class Nearest:
        """Sentence encoder for which "drink water" and "drinking" are alike."""

        def encode(self, texts):
            return np.array([[float("drink" in text), float("drink" not in text)] for text in texts])

    names = with_synonyms({"drink water"}, 0.9, Nearest())
    assert "drink water" in names and "squat" not in names
    texts = {text for movement in movements_without(names) for text in movement.texts}
    assert texts and not [text for text in texts if "drink" in text.lower()]
