"""The pictures of the documentation show what the code and the figures say today."""

import importlib.util
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from zeroskel.core import available_layouts, get_layout

PROJECT = Path(__file__).resolve().parent.parent
IMAGES = PROJECT / "docs" / "images"
sys.path.insert(0, str(PROJECT / "tools"))


@pytest.fixture(scope="module")
def draw():
    specification = importlib.util.spec_from_file_location("draw", IMAGES / "draw.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("layout", available_layouts())
def test_the_picture_of_a_layout_names_every_joint(draw, layout):
    assert np.isfinite(draw.standing(layout).joints).all()
    picture = (IMAGES / "layouts" / f"{layout}.svg").read_text(encoding="utf-8")
    for joint in get_layout(layout).joints:
        assert joint in picture


@pytest.mark.parametrize("layout", available_layouts())
def test_left_is_left_of_right_as_the_person_sees_it(draw, layout):
    joints = draw.standing(layout).joints[0, 0]
    for left, right in get_layout(layout).mirror:
        assert joints[get_layout(layout).index(left), 0] > joints[get_layout(layout).index(right), 0]


def test_the_pictures_of_accuracy_are_those_of_the_table(draw, tmp_path):
    """After docs/results/practice.json was measured again: python docs/images/draw.py."""
    stored = (IMAGES / "calibration-datasets.svg").read_text(encoding="utf-8")
    if f"Matplotlib v{mpl.__version__}" not in stored:
        pytest.skip("the picture was drawn by another version of matplotlib")
    draw.save_svg(draw.draw_calibration(), tmp_path / "calibration.svg")
    assert (tmp_path / "calibration.svg").read_text(encoding="utf-8") == stored
