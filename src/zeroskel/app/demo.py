"""The main job on the embedded default, end to end."""

from dataclasses import dataclass
from pathlib import Path

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.core import CellRecord
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset, synthetic_dataset
from zeroskel.datasets.synthetic import DEMO_UNSEEN, generate_sequence
from zeroskel.recognition._recognizer import Prediction
from zeroskel.recognition._training import TrainingConfig, train_bundle

SUBJECTS, REPETITIONS = 8, 2
FRESH_SEED = 2027  # of the person and recording that the last line names


@dataclass(frozen=True, eq=False)
class DemoResult:
    """What the demo shows.

    Attributes:
        dataset: the synthetic data.
        records: one benchmark record a method.
        report, bundle: paths.
        shown: the action that was generated afresh, of no class or person in training.
        prediction: what the bundle makes of it among all unseen names.
    """

    dataset: SkeletonDataset
    records: list[CellRecord]
    report: Path
    bundle: Path
    shown: str
    prediction: Prediction


def run_demo(out: Path, *, cache: Path, encoder: str = "kinematic", progress: Progress = quiet) -> DemoResult:
    """Generate synthetic motion, train SMIE and two baselines on its seen actions, name the unseen ones."""
    dataset = synthetic_dataset(subjects=SUBJECTS, repetitions=REPETITIONS)
    config = BenchmarkConfig(splits=("demo",), encoders=(encoder,))
    records = run_benchmark([dataset], config, out, cache=cache, command="zeroskel demo", progress=progress)
    recognizer = train_bundle(
        dataset, TrainingConfig(split="demo", encoder=encoder, method="smie"), cache=cache, progress=progress
    )
    recognizer.save(out / "bundle")
    shown = DEMO_UNSEEN[0]
    prediction = recognizer.predict(generate_sequence(shown, seed=FRESH_SEED), list(DEMO_UNSEEN))
    return DemoResult(dataset, records, out / "report.html", out / "bundle", shown, prediction)
