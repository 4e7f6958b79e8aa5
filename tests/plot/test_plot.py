"""Pictures show what was observed, and nothing else."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from zeroskel import SkeletonSequence
from zeroskel.core import InputError, MissingFileError, Segment, available_layouts, get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.plot import animate, plot_scores, plot_skeleton, write_rerun
from zeroskel.recognition import Prediction, Timeline
from zeroskel.skeleton.transforms import rotate

CLIP = generate_sequence("wave the right hand", seed=1)


def drawn_points(axes) -> np.ndarray:
    return np.concatenate([collection.get_offsets() for collection in axes.collections])


@pytest.mark.parametrize("layout", available_layouts())
def test_a_skeleton_of_each_layout_has_a_line_for_each_bone(layout):
    known = get_layout(layout)
    joints = np.random.default_rng(0).normal(size=(1, 2, len(known.joints), 3))
    (axes,) = plot_skeleton(SkeletonSequence(joints, layout, 30.0), frames=[1], label="names").axes
    assert len(axes.lines) == len(known.bones)
    assert [text.get_text() for text in axes.texts] == list(known.joints)


@pytest.mark.parametrize("degrees", [0, 70, 180])
def test_people_are_seen_from_the_front(degrees):
    (axes,) = plot_skeleton(rotate(CLIP, np.deg2rad(degrees)), frames=[0]).axes
    across = drawn_points(axes)[:, 0]
    for joint in ("hip", "shoulder"):
        assert across[CLIP.layout.index(f"{joint}_left")] > across[CLIP.layout.index(f"{joint}_right")]


def test_front_and_side_together_keep_all_distances():
    still = SkeletonSequence(CLIP.joints[:, :1], CLIP.layout, 30.0)
    front, side = (drawn_points(plot_skeleton(still, turn=turn).axes[0]) for turn in (0, 90))
    points = np.column_stack([front, side[:, 0]])
    expected = still.joints[0, 0]
    for one, other in ((0, 3), (5, 17)):
        assert np.linalg.norm(points[one] - points[other]) == pytest.approx(
            np.linalg.norm(expected[one] - expected[other]), abs=1e-5
        )


def test_moments_do_not_overlap():
    (axes,) = plot_skeleton(CLIP, frames=[0, 10, 20]).axes
    first, second, third = (collection.get_offsets()[:, 0] for collection in axes.collections)
    assert first.max() < second.min() < second.max() < third.min()


def test_joints_that_were_not_observed_are_left_out():
    joints = CLIP.joints.copy()
    joints[:, :, CLIP.layout.index("head")] = np.nan
    (axes,) = plot_skeleton(SkeletonSequence(joints, CLIP.layout, 30.0), frames=[0], label="numbers").axes
    texts = [text.get_text() for text in axes.texts]
    assert len(texts) == len(CLIP.layout.joints) - 1
    assert str(CLIP.layout.index("head")) not in texts


@pytest.mark.parametrize("frames", [[], [-1], [10_000]])
def test_frames_that_do_not_exist_are_one_line(frames):
    with pytest.raises(InputError, match=f"expected indices from 0 to {CLIP.frames - 1}"):
        plot_skeleton(CLIP, frames=frames)


def test_nothing_to_see_is_one_line():
    empty = SkeletonSequence(np.full((1, 3, 25, 3), np.nan), "ntu-25", 30.0)
    for function in (plot_skeleton, animate):
        with pytest.raises(InputError, match="o joint"):
            function(empty)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_is_positive(speed):
    with pytest.raises(InputError, match="speed"):
        animate(CLIP, speed=speed)


@pytest.mark.parametrize("speed", [1.0, 0.5])
def test_an_animation_takes_as_long_as_the_motion(tmp_path, speed):
    short = SkeletonSequence(CLIP.joints[:, :20], CLIP.layout, CLIP.fps)
    animate(short, speed=speed).save(tmp_path / "clip.gif", writer="pillow")
    with Image.open(tmp_path / "clip.gif") as film:
        pictures = getattr(film, "n_frames", 1)
        milliseconds = pictures * film.info["duration"]
    assert pictures > 5
    assert milliseconds == pytest.approx(1000 * 20 / CLIP.fps / speed, rel=0.15)


def test_bars_are_in_the_order_of_the_probabilities():
    prediction = Prediction(("sit", "jump", "wave"), np.array([0.0, 2.0, 1.0]), np.array([0.1, 0.6, 0.3]), 0.2)
    (axes,) = plot_scores(prediction, most=2).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["jump", "wave"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([60, 30])
    assert axes.get_title() == "none of these (presence 20%)"


def test_what_rerun_cannot_show_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"ends in \.rrd"):
        write_rerun(CLIP, tmp_path / "clip.txt")
    with pytest.raises(InputError, match="2 channels"):
        write_rerun(SkeletonSequence(CLIP.joints[..., :2], CLIP.layout, 30.0), tmp_path / "clip.rrd")
    with pytest.raises(MissingFileError, match="no such video"):
        write_rerun(CLIP, tmp_path / "clip.rrd", video=tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


def test_a_recording_for_rerun_has_every_frame(tmp_path):
    pytest.importorskip("rerun", reason="rerun-sdk is not installed; it takes 670 MB: zeroskel[rerun]")
    write_rerun(CLIP, tmp_path / "clip.rrd", timeline=Timeline((Segment(0, 0.5, 1.0, "wave", 0.8),), ("wave",), 2.0))
    command = [sys.executable, "-m", "rerun", "rrd"]
    subprocess.run([*command, "verify", "clip.rrd"], cwd=tmp_path, check=True)
    done = subprocess.run([*command, "stats", "clip.rrd"], cwd=tmp_path, check=True, capture_output=True, text=True)
    rows = int(re.search(r"num_rows = (\d+)", done.stdout)[1])
    assert rows >= 2 * CLIP.frames + 1  # joints and bones of each frame, and the segment
