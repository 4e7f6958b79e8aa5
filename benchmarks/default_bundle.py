"""Trains the bundle that comes with the package and writes its model card: `make bundle`, minutes on two cores.

Needs the pooled Kinect sets. The figures on the card are read from recorded results of models that never saw what they
were asked: docs/results/kite (classes unseen) and docs/results/practice.json (a whole set unseen).
"""

import argparse
import json
import os
from importlib import resources
from pathlib import Path

import numpy as np
from rich.console import Console

from zeroskel.app.progress import shown_progress
from zeroskel.core._saved import halve
from zeroskel.datasets.pool import read_pool
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

Names actions in motion of one person's joints (Kinect, motion capture, a body tracker) from words. {version}.

- **Made by** `make bundle`: encoder `{encoder}`, method `{method}`, prompt `{prompt}`, synthetic actions of
  {people} computed people besides, {augment} altered copy of each recording (mirrored, other views, frame rates,
  noise, joints missing), calibrated on withheld classes of withheld sets.
- **Trained on** {sequences} recordings of {classes} actions, five Kinect sets. No recording is in it: the
  regression is set up on means of several recordings of a class. Large arrays are rounded to half precision.
{terms}
- **Joints**: `{layout}`; other layouts are converted, joints that are missing are taken as at the pelvis.

## How good it is

From models trained the same way without what they were asked, never from this bundle itself:

{figures}

## What it cannot do

- Fingers, faces, objects: what hands do to things is guessed from the arms.
- It was trained on clips that show one action from start to end, by people standing before a camera. In a stream it
  looks at the last seconds, whatever they hold.
- Lying people, wheelchairs, several people who act together: not in the training sets.
- Probabilities are calibrated for as many clips that show one of your actions as do not.
- The training sets were recorded in a few laboratories; nothing is known of how it does for people unlike those in
  them. Not for medical, safety or surveillance decisions.
"""


def recorded_figures() -> list[dict[str, str]]:
    """What recorded results say of the recipe."""
    lines = (ROOT / "docs/results/kite/results.jsonl").read_text(encoding="utf-8").splitlines()
    cells = [json.loads(line) for line in lines]
    kite = [
        cell
        for cell in cells
        if cell["method"] == "kite" and cell["selection"] == "validation" and cell["variant"] == "synthetic=6"
    ]
    values = [cell["zsl_per_class_accuracy"] for cell in kite]
    figures = [
        {
            "what": "12 actions that nobody showed in training, new people, same sensors (three splits, chance 8 %; "
            "without altered copies)",
            "value": f"{100 * np.mean(values):.0f} % right by class ({len(values)} models)",
        }
    ]
    practice = json.loads((ROOT / "docs/results/practice.json").read_text(encoding="utf-8"))["sets"]
    for name, own in practice.items():
        examples = ", ".join(f"{shots}: {100 * mean:.0f} %" for shots, (mean, _) in own["examples"].items())
        figures.append(
            {
                "what": f"all {own['classes']} actions of {name}, a set never seen, called as the set calls them",
                "value": f"{100 * own['words']['accuracy']:.0f} % right by class; asked about half of its people with "
                f"so many examples of each action by the other half: {examples}",
            }
        )
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--card-only", action="store_true", help="keep the bundle, write its figures and card anew")
    shared = Path(os.environ.get("ZEROSKEL_SHARED", ROOT / "../shared"))
    cache = Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache"))
    if parser.parse_args().card_only:
        recognizer = ZeroShotRecognizer.load("default")
    else:
        with shown_progress(Console(stderr=True)) as progress:
            pool = read_pool(shared / "protocols" / "kinect_pool.json")
            recognizer = train_bundle(pool, DEFAULT_BUNDLE, cache=cache, progress=progress)
    facts = recognizer.facts
    facts["figures"] = recorded_figures()
    facts["terms"] = [TERMS[member] for member in facts["members"]]
    folder = Path(str(resources.files("zeroskel.resources") / "bundle"))
    recognizer.save(folder)
    for part in ("encoder", "aligner"):
        halve(folder / part)
    card = CARD.format(
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
    (folder / "README.md").write_text(card, encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
