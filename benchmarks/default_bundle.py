"""Train the bundle that comes with the package and write its model card: `make bundle`, minutes on two cores.

The script needs the pooled Kinect datasets. The figures on the card come from recorded results of models that had not
seen their test data: docs/results/movement (unseen classes) and docs/results/practice.json (an unseen dataset).
"""

import argparse
import json
import os
from importlib import resources
from pathlib import Path

import numpy as np

from zeroskel.app.terminal import shown_progress
from zeroskel.core._saved import halve
from zeroskel.datasets._opening import read_pool
from zeroskel.recognition import ZeroShotRecognizer
from zeroskel.recognition._training import DEFAULT_BUNDLE, train_bundle

ROOT = Path(__file__).parents[1]
TERMS = {
    "kinder-gator": "Kinder-Gator: for research; see its authors' page",
    "msr-action3d": "MSR-Action3D: terms not stated; cite Li, Zhang and Liu, CVPR Workshops 2010",
    "nw-ucla": "Northwestern-UCLA: terms not stated; cite Wang et al., CVPR 2014",
    "utd-mhad": "UTD-MHAD: for research; cite Chen, Jafari and Kehtarnavaz, ICIP 2015",
    "utkinect": "UTKinect-Action3D: for research; cite Xia, Chen and Aggarwal, CVPR Workshops 2012",
}
CARD = """# The default bundle of zeroskel

This bundle names the actions in the motion of one person's joints (Kinect, motion capture, a body tracker) from words.
{version}.

- **Training**: `make bundle`, with encoder `{encoder}`, method `{method}` and prompt `{prompt}`. The synthetic
  actions of {people} simulated people and {augment} altered copy of each recording (mirrored, other viewpoints and
  frame rates, noise, missing joints) are added to the training set. It is calibrated on withheld datasets.
- **Trained on** {sequences} recordings of {classes} actions in five Kinect datasets. The bundle contains no recording:
  the regression stores means over recordings of a class. Large arrays are rounded to half precision. Terms of the
  datasets:
{terms}
- **Joints**: `{layout}`. Other layouts are converted. Missing joints are placed along their limb.

## Accuracy

The figures are those of models that were trained in the same way without their test data, not of this bundle:

{figures}

## What it cannot do

- It does not see fingers, faces and objects. What hands do to objects is inferred from the arms.
- It was trained on clips that show one action from start to end, by people who stand in front of a camera. In a stream
  it looks at the last seconds, also where these show only a part of an action.
- Lying people, wheelchairs and people who act together are not in the training sets.
- The probabilities are calibrated for the case that half of all clips show one of your actions.
- The training sets were recorded in a few laboratories. The accuracy for people unlike those in them is unknown. Do not
  use it for medical, safety or surveillance decisions.
"""


def recorded_figures() -> list[dict[str, str]]:
    """Return the figures of recorded results for this configuration."""
    lines = (ROOT / "docs/results/movement/results.jsonl").read_text(encoding="utf-8").splitlines()
    cells = [json.loads(line) for line in lines]
    recorded = [
        cell
        for cell in cells
        if cell["method"] == DEFAULT_BUNDLE.method
        and cell["selection"] == "validation"
        and cell["prompt"] == DEFAULT_BUNDLE.prompt
        and cell["variant"] == "synthetic=6"
    ]
    values = [cell["zsl_per_class_accuracy"] for cell in recorded]
    figures = [
        {
            "what": "12 actions that are not in the training set, new people, same sensors (three splits, chance 8 %; "
            "without altered copies, half of the weight of the regression)",
            "value": f"{100 * np.mean(values):.0f} % per-class accuracy ({len(set(values))} models)",
        }
    ]
    practice = json.loads((ROOT / "docs/results/practice.json").read_text(encoding="utf-8"))["sets"]
    for name, dataset in practice.items():
        written, withheld = dataset["written"], dataset.get("withheld", {})
        value = f"{100 * written['accuracy']:.0f} % per-class accuracy"
        if withheld:
            value += (
                f" with names whose numbers are written, {100 * withheld['accuracy']:.0f} % with names that are read"
            )
        of_examples = withheld.get("examples") or written.get("examples") or {}
        if of_examples:
            examples = ", ".join(f"{shots}: {100 * mean:.0f} %" for shots, (mean, _) in of_examples.items())
            value += (
                f"; for half of its people, by the number of examples of each action from the other half: {examples}"
            )
        figures.append(
            {"what": f"all {dataset['classes']} actions of the unseen dataset {name}, under its names", "value": value}
        )
    return figures


def card(recognizer: ZeroShotRecognizer) -> str:
    """Return the model card of a bundle whose facts hold its figures and terms."""
    facts = recognizer.facts
    return CARD.format(
        version=f"Version {facts['version']}",
        encoder=DEFAULT_BUNDLE.encoder,
        method=DEFAULT_BUNDLE.method,
        prompt=DEFAULT_BUNDLE.prompt,
        people=DEFAULT_BUNDLE.synthetic,
        augment=DEFAULT_BUNDLE.augment,
        sequences=facts["sequences"],
        classes=len(facts["seen_classes"]),
        layout=recognizer.layout,
        terms="\n".join(f"  - {term}" for term in facts["terms"]),
        figures="\n".join(f"- {figure['what']}: **{figure['value']}**" for figure in facts["figures"]),
    )


def main() -> None:
    """Train or load the bundle, and write it with its figures and its card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--card-only",
        action="store_true",
        help="do not train; write the figures and the card of the existing bundle again",
    )
    shared = Path(os.environ.get("ZEROSKEL_SHARED", ROOT / "../shared"))
    cache = Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache"))
    if parser.parse_args().card_only:
        recognizer = ZeroShotRecognizer.load("default")
    else:
        with shown_progress() as progress:
            pool = read_pool(shared / "protocols" / "kinect_pool.json")
            recognizer = train_bundle(pool, DEFAULT_BUNDLE, cache=cache, progress=progress)
    facts = recognizer.facts
    facts["figures"] = recorded_figures()
    facts["terms"] = [TERMS[member] for member in facts["members"]]
    folder = Path(str(resources.files("zeroskel.resources") / "bundle"))
    recognizer.save(folder)
    for part in ("encoder", "aligner"):
        halve(folder / part)
    (folder / "README.md").write_text(card(recognizer), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
