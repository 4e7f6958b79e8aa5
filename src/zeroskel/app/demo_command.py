"""The command `zeroskel demo`: the main task on synthetic motion, from training to a prediction."""

from pathlib import Path
from typing import Annotated

import typer

from zeroskel.app.arguments import cache_folder
from zeroskel.app.options import Cache, Out, console, errors

SUBJECTS, REPETITIONS = 8, 2
TEST_SEED = 2027  # of the person and the clip that the last line of the output names


def demo(
    out: Out = Path("zeroskel-demo"),
    encoder: Annotated[
        str, typer.Option(help="Name of the encoder: kinematic, biomechanics, or stgcn (minutes longer).")
    ] = "kinematic",
    cache: Cache = None,
) -> None:
    """Show the main task on synthetic motion.

    The command trains SMIE and two baselines, evaluates them on unseen actions, writes a report and predicts the action
    of a new clip.
    """
    from zeroskel.app.progress import shown_progress
    from zeroskel.benchmark import BenchmarkConfig, run_benchmark
    from zeroskel.datasets import synthetic_dataset
    from zeroskel.datasets.synthetic import DEMO_UNSEEN, generate_sequence
    from zeroskel.recognition import TrainingConfig, train_bundle
    from zeroskel.report import results_table

    folder = cache_folder(cache)
    dataset = synthetic_dataset(subjects=SUBJECTS, repetitions=REPETITIONS)
    benchmark = BenchmarkConfig(splits=("demo",), encoders=(encoder,))
    training = TrainingConfig(split="demo", encoder=encoder, method="smie")
    with shown_progress(errors) as progress:
        records = run_benchmark([dataset], benchmark, out, cache=folder, command="zeroskel demo", progress=progress)
        recognizer = train_bundle(dataset, training, cache=folder, progress=progress)
    recognizer.save(out / "bundle")
    console.print(results_table(records))
    console.print(dataset.notice, style="yellow")
    console.print(f"Report: {out / 'report.html'}\nBundle: {out / 'bundle'}", soft_wrap=True)
    action = DEMO_UNSEEN[0]
    prediction = recognizer.predict(generate_sequence(action, seed=TEST_SEED), list(DEMO_UNSEEN))
    verdict = "correct" if prediction.best == action else "wrong"
    console.print(
        f'Prediction for a new clip of "{action}" among {len(DEMO_UNSEEN)} actions that were not in training: '
        f'"{prediction.best}" ({prediction.probabilities.max():.0%}), {verdict}',
        soft_wrap=True,
    )
