"""The script that measures what each part of the default bundle's recipe is worth."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._opening import read_pool
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.recognition import train_bundle
from zeroskel.recognition._training import DEFAULT_BUNDLE
from zeroskel.skeleton.transforms import convert_layout
from zeroskel.text import SentenceEncoder

SCRIPTS = Path(__file__).resolve().parent.parent / "benchmarks"
ACTIONS = ["squat", "clap the hands", "kick forward with the right leg", "wave the right hand", "jump", "sit down"]


@pytest.fixture
def ablation(monkeypatch, tmp_path):
    """Return the script as a module that measures two tiny datasets with one simulated person."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import movement_ablation

    sequences, labels, subjects, names = generate_dataset(ACTIONS, subjects=2, repetitions=1)
    sequences = [convert_layout(sequence, "kinect-20") for sequence in sequences]
    for name in ("lab", "gym"):
        dataset = SkeletonDataset(sequences, labels, subjects, names, name=name, splits={}, notice="Synthetic.")
        dataset.to_npz(tmp_path / f"{name}.npz")
    concepts = {member: {name: name for name in names} for member in ("lab", "gym")}
    pool = {"concepts": concepts, "class_names": names, "splits": {}}
    (tmp_path / "pool.json").write_text(json.dumps(pool))
    monkeypatch.setattr(movement_ablation, "SETS", {"lab": "lab.npz", "hdm05": "gym.npz"})
    monkeypatch.setattr(movement_ablation, "DEFAULT_BUNDLE", replace(DEFAULT_BUNDLE, synthetic=1, calibrate=False))
    return movement_ablation


def test_every_variant_is_measured_and_on_the_page(ablation, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- measured -->\n<!-- end -->\n")
    options = ["--data", tmp_path, "--pool", tmp_path / "pool.json", "--cache", tmp_path, "--page", page]
    ablation.main([*map(str, options), "--out", str(tmp_path / "out.json"), "--sets", "lab", "hdm05"])
    figures = json.loads((tmp_path / "out.json").read_text())["sets"]
    variants = list(ablation.VARIANTS)
    assert list(figures["lab"]["accuracy"]) == variants
    assert list(figures["hdm05"]["accuracy"]) == variants[:-1], "no dataset is tested on what trained on it"
    assert figures["lab"]["accuracy"]["the recipe"] > 0.8
    lines = page.read_text().splitlines()
    assert [line.split(" | ")[0] for line in lines[3:-1]] == [f"| {variant}" for variant in variants]
    assert lines[3].endswith("| +0.0 |") and " – " in lines[-2]


def test_the_variants_are_the_bundles_that_are_trained_with_their_options(ablation, tmp_path):
    pool, sentences = read_pool(tmp_path / "pool.json"), SentenceEncoder(cache=tmp_path)
    rows = np.arange(len(pool))
    features = ablation.encoded(pool, rows, sentences, tmp_path)
    for label in ("the recipe", "without the correction for hubs", "without altered copies"):
        variant = ablation.VARIANTS[label]
        config = replace(ablation.DEFAULT_BUNDLE, options={"evidence": variant.options}, augment=int(variant.copies))
        expected = train_bundle(pool, config, cache=tmp_path).aligner
        model = ablation.fitted(features, copies=variant.copies, synthetic=True)
        scores = ablation.scores(variant, model, features.recorded.features, features.embeddings)
        assert np.allclose(scores, expected.score_classes(features.recorded.features, features.embeddings), atol=1e-3)


def test_the_page_has_the_figures_that_were_measured(ablation, tmp_path):
    docs, page = SCRIPTS.parent / "docs", tmp_path / "movement.md"
    text = (docs / "movement.md").read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    ablation.main(["--table-only", "--out", str(docs / "results" / "ablation.json"), "--page", str(page)])
    assert page.read_text(encoding="utf-8") == text
