"""Draw the pictures of the documentation that come from code: `python docs/images/draw.py`, in about a minute.

Layouts are drawn with the numbers of their joints. The examples of the pages in `PAGES` run in order, and the
pictures that they save become docs/images/NAME. The pictures of the browser's page are taken by take.py.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from zeroskel import SkeletonSequence, ZeroShotRecognizer
from zeroskel.core import available_layouts, get_layout
from zeroskel.datasets.synthetic import canonical_motion, generate_sequence
from zeroskel.plot import plot_scores, plot_skeleton
from zeroskel.skeleton.transforms import convert_layout

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent.parent / "tools"))

import page_examples  # noqa: E402

PAGES = ("gallery.md", "concepts/two-ideas.md", "concepts/calibration.md", "tutorials/exercises.md")
INK, DARK, LIGHT = "#3d444d", "#0b6e5f", "#9bd3c4"
MISSING = {  # joint that the standing figure lacks: the joint it stands beside, and by how much (metres; x outwards)
    "nose": ("head", (0.0, -0.05, 0.1)),
    "eye": ("head", (0.05, 0.02, 0.08)),
    "eye_inner": ("head", (0.02, 0.03, 0.08)),
    "eye_outer": ("head", (0.08, 0.03, 0.07)),
    "ear": ("head", (0.11, 0.0, 0.0)),
    "mouth": ("head", (0.035, -0.1, 0.08)),
    "clavicle": ("shoulder_center", (0.06, 0.0, 0.0)),
    "heel": ("ankle", (0.0, -0.07, -0.05)),
    "big_toe": ("foot", (-0.03, -0.03, 0.05)),
    "small_toe": ("foot", (0.06, -0.03, 0.03)),
    "toe": ("foot", (0.03, -0.05, 0.05)),
    "pinky": ("hand_tip", (0.0, -0.05, 0.0)),
    "index": ("hand_tip", (0.03, 0.02, 0.0)),
    "forearm": ("elbow", (0.1, 0.0, 0.0)),
    "upper_back": ("spine", (0.0, 0.12, 0.0)),
    "lower_neck": ("shoulder_center", (0.0, 0.05, 0.0)),
}


def standing(layout: str) -> SkeletonSequence:
    """Return a figure of that layout that stands with its arms spread."""
    motion = canonical_motion("raise both arms sideways", 40)
    widest = int(np.argmax(motion[:, :, 0].max(axis=1) - motion[:, :, 0].min(axis=1)))
    source = SkeletonSequence(motion[None, widest : widest + 1], "ntu-25", 30.0)
    converted = convert_layout(source, layout)
    joints = converted.joints.copy()
    for number, joint in enumerate(converted.layout.joints):
        if np.isnan(joints[0, 0, number]).any():
            base, side = re.sub(r"_(left|right)$", "", joint), joint.rpartition("_")[2]
            anchor, shift = MISSING[base]
            sided = f"{anchor}_{side}" if f"{anchor}_{side}" in source.layout.joints else anchor
            outwards = {"left": 1.0, "right": -1.0}.get(side, 0.0)
            where = source.joints[0, 0, source.layout.index(sided)]
            joints[0, 0, number] = where + np.array(shift) * [outwards, 1.0, 1.0]
    return SkeletonSequence(joints, layout, 30.0)


def draw_layout(name: str) -> Figure:
    """Draw a layout with the numbers of its joints, and a list of their names."""
    joints = get_layout(name).joints
    columns = -(-len(joints) // 17)
    figure = Figure(figsize=(4.2 + 1.6 * columns, 3.4), facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 4.1 / figure.get_figwidth(), 1.0))
    plot_skeleton(standing(name), turn=25, label="numbers", ax=axes)
    axes.set_title("")
    for number, joint in enumerate(joints):
        x = (4.2 + 1.6 * (number // 17)) / figure.get_figwidth()
        figure.text(
            x, 0.94 - 0.054 * (number % 17), f"{number:>3} {joint}", fontsize=7.5, color=INK, family="monospace"
        )
    return figure


def draw_overview() -> Figure:
    """Draw what goes in, what comes out, and how good the answer is on seven datasets."""
    clip = generate_sequence("jumping jacks", seed=3)
    recognizer = ZeroShotRecognizer.load("default")
    actions = ["jumping jacks", "clap hands", "squat", "wave one hand", "kick a ball"]
    figure = Figure(figsize=(11, 3.6), facecolor="white", layout="constrained")
    motion, answer, accuracy = figure.subplots(1, 3, width_ratios=(1.1, 0.8, 0.9))
    plot_skeleton(clip, frames=[0, 10, 20], ax=motion)
    motion.set_title("motion: joints over time", fontsize=10)
    plot_scores(recognizer.predict(clip, actions), ax=answer)
    answer.set_title("your words, and how probable each is", fontsize=10)
    answer.set_xlabel("")
    sets = measured_datasets()
    rows = range(len(sets))
    examples = [100 * facts["withheld"]["examples"]["5"][0] for facts in sets.values()]
    names = [100 * facts["withheld"]["examples"]["0"][0] for facts in sets.values()]
    accuracy.barh(rows, examples, color=LIGHT, label="5 examples of each action")
    accuracy.barh(rows, names, height=0.5, color=DARK, label="names alone")
    accuracy.set_yticks(rows, [f"{name} ({facts['classes']} actions)" for name, facts in sets.items()], fontsize=8)
    accuracy.invert_yaxis()
    accuracy.set(xlim=(0, 100))
    figure.legend(*accuracy.get_legend_handles_labels(), fontsize=8, loc="outside lower right", ncols=2, frameon=False)
    accuracy.set_title("accuracy on datasets left out, per cent", fontsize=10)
    for axes in (answer, accuracy):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def measured_datasets() -> dict[str, Any]:
    """Return the figures of docs/results/practice.json by dataset."""
    return json.loads((FOLDER.parent / "results" / "practice.json").read_text(encoding="utf-8"))["sets"]


def draw_calibration() -> Figure:
    """Draw the calibration error and the presence test of each dataset, with withheld names."""
    sets = {name: facts["withheld"] for name, facts in measured_datasets().items()}
    figure = Figure(figsize=(8, 2.8), facecolor="white", layout="constrained")
    errors, presence = figure.subplots(1, 2, sharey=True)
    errors.barh(range(len(sets)), [100 * facts["calibration_error"] for facts in sets.values()], color=DARK)
    errors.set_yticks(range(len(sets)), sets)
    errors.invert_yaxis()
    errors.set(xlabel="calibration error, points", xlim=(0, 30))
    presence.barh(range(len(sets)), [facts["presence_auc"] for facts in sets.values()], color=LIGHT)
    presence.axvline(0.5, color=INK, linewidth=0.8, linestyle="--")
    presence.set(xlabel="presence test, area under the curve (0.5 is chance)", xlim=(0, 1))
    for axes in (errors, presence):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def save_svg(figure: Figure, path: Path) -> None:
    """Write a picture; the same figure gives the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "zeroskel", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})


def run_page(page: Path) -> None:
    """Run the examples of a page in a temporary folder and keep the pictures that they save."""
    code = page_examples.program(page)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        with mpl.rc_context({"svg.hashsalt": "zeroskel", "svg.fonttype": "none"}):
            exec(compile(code, str(page), "exec"), {"__name__": "__main__"})  # noqa: S102 - our own pages
        for name in sorted(os.listdir()):
            if name.endswith((".svg", ".png", ".gif")):
                shutil.copy(name, FOLDER / name)
                print(f"wrote docs/images/{name}")


def main() -> None:
    """Draw all pictures."""
    for name in available_layouts():
        save_svg(draw_layout(name), FOLDER / "layouts" / f"{name}.svg")
    print(f"wrote {len(available_layouts())} layouts")
    save_svg(draw_calibration(), FOLDER / "calibration-datasets.svg")
    save_svg(draw_overview(), FOLDER / "overview.svg")
    for page in PAGES:
        run_page(FOLDER.parent / page)


if __name__ == "__main__":
    main()
