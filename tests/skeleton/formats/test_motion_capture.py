"""Facts of rotations from Euler angles."""

import numpy as np
import pytest

from zeroskel.skeleton.formats._motion_capture import euler_rotations


@pytest.mark.parametrize(("axis", "turned"), [("X", [0, 0, 1]), ("Y", [0, 1, 0]), ("Z", [-1, 0, 0])])
def test_a_quarter_turn_is_right_handed(axis: str, turned: list[float]) -> None:
    rotation = euler_rotations(axis, np.array([np.pi / 2]))
    np.testing.assert_allclose(rotation @ [0, 1, 0], turned, atol=1e-12)


def test_the_last_axis_turns_first() -> None:
    rotation = euler_rotations("ZX", np.array([np.pi / 2, np.pi / 2]))
    np.testing.assert_allclose(rotation @ [0, 1, 0], [0, 0, 1], atol=1e-12)  # X takes y to z, where Z leaves it


def test_rotations_of_many_frames_are_orthogonal() -> None:
    rotations = euler_rotations("ZXY", np.random.default_rng(0).normal(size=(7, 3)) * 3)
    np.testing.assert_allclose(rotations @ rotations.swapaxes(1, 2), np.broadcast_to(np.eye(3), (7, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotations), 1)
