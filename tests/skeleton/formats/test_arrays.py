"""Facts of arrays of other people: axes in any order, under any name, as .npz and .npy files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zeroskel
from zeroskel.core import InputError, SkeletonFormatError, get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.transforms import convert_layout

NTU = get_layout("ntu-25")


@pytest.fixture(scope="module")
def motion() -> np.ndarray:
    """Two simulated people (2, T, 25, 3), metres, y up."""
    people = [generate_sequence("squat", seed, frames=60).joints[0] for seed in (0, 1)]
    frames = min(map(len, people))
    return np.stack([person[:frames] for person in people]) + np.array([[[[0.0]]], [[[1.5]]]]) * [1.0, 0.0, 0.0]


def close(sequence: zeroskel.SkeletonSequence, expected: np.ndarray) -> None:
    np.testing.assert_allclose(sequence.joints, expected, atol=1e-5)


def save(folder: Path, array: Any) -> Path:
    np.save(folder / "clip.npy", array)
    return folder / "clip.npy"


@pytest.mark.parametrize(
    ("order", "people"),
    [
        ("TVC", 1),
        ("CTV", 1),
        ("TCV", 1),
        ("VTC", 1),
        ("MTVC", 2),
        ("TMVC", 2),
        ("CTVM", 2),
        ("CTVM", 1),
        ("NCTVM", 2),
        ("NMTVC", 2),
        ("NTMVC", 2),
    ],
)
def test_the_axes_may_stand_in_any_usual_order(order: str, people: int, motion: np.ndarray, tmp_path: Path) -> None:
    axes = [axis for axis in "NMTVC" if axis in order]
    array = motion[:people] if "M" in order else motion[0]
    array = array[None] if "N" in order else array
    sequence = zeroskel.read(save(tmp_path, array.transpose([axes.index(axis) for axis in order])))
    assert sequence.layout == NTU
    close(sequence, motion[:people])


@pytest.mark.parametrize("people", [1, 2])
def test_a_frame_may_be_a_row_of_numbers(people: int, motion: np.ndarray, tmp_path: Path) -> None:
    frames = motion.shape[1]
    side_by_side = motion[:people].swapaxes(0, 1).reshape(frames, -1)
    close(zeroskel.read(save(tmp_path, side_by_side)), motion[:people])
    close(zeroskel.read(save(tmp_path, motion.reshape(2, frames, 75))), motion)


def test_padding_of_zeros_is_no_frame_and_no_person(motion: np.ndarray, tmp_path: Path) -> None:
    padded = np.zeros((3, 300, 25, 2), np.float32)
    padded[:, :40, :, 0] = motion[0, :40].transpose(2, 0, 1)
    close(zeroskel.read(save(tmp_path, padded)), motion[:1, :40])


def test_a_fourth_number_is_a_confidence(motion: np.ndarray, tmp_path: Path) -> None:
    confidence = np.ones((*motion.shape[1:3], 1))
    confidence[3, 4] = 0
    expected = motion[:1].copy()
    expected[0, 3, 4] = np.nan
    close(zeroskel.read(save(tmp_path, np.concatenate([motion[0], confidence], axis=-1))), expected)


def test_pixels_with_scores_are_two_dimensional(tmp_path: Path) -> None:
    points = convert_layout(generate_sequence("squat", 0), "coco-17").joints[0]
    scores = np.full((*points.shape[:2], 1), 0.9)
    pixels = np.concatenate([320 + 200 * points[..., :1], 240 - 200 * points[..., 1:2], scores], axis=-1)
    sequence = zeroskel.read(save(tmp_path, pixels))
    assert (sequence.channels, sequence.layout.name, sequence.reading.up) == (2, "coco-17", "-y")


@pytest.mark.parametrize("shape", [(3, 3, 50, 25, 2), (40, 60, 25, 3), (40, 60, 75)])
def test_several_sequences_are_refused_with_the_way_to_choose_one(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"found {shape[0]} sequences.*numpy\.save"):
        zeroskel.read(save(tmp_path, np.ones(shape)))


@pytest.mark.parametrize("name", ["keypoints", "joints3d", "kp3d", "poses", "data", "x", "skeleton", "arr_0", "motion"])
def test_arrays_are_found_by_usual_names(name: str, motion: np.ndarray, tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", **{name: motion, "label": np.array(3)})
    close(zeroskel.read(tmp_path / "clip.npz"), motion)


@pytest.mark.parametrize("rate", ["fps", "frame_rate", "mocap_framerate"])
@pytest.mark.parametrize("names", ["joint_names", "names", "keypoint_names"])
def test_names_and_rate_are_found_by_usual_names(rate: str, names: str, motion: np.ndarray, tmp_path: Path) -> None:
    arrays = {"kp3d": motion[0][:, ::-1], names: np.array(NTU.joints[::-1]), rate: np.array(25)}
    np.savez(tmp_path / "clip.npz", **arrays)
    sequence = zeroskel.read(tmp_path / "clip.npz")
    assert (sequence.layout, sequence.fps) == (NTU, 25.0)
    close(sequence, motion[:1])


def test_timestamps_give_the_rate(motion: np.ndarray, tmp_path: Path) -> None:
    times = 1_600_000_000_000 + np.arange(motion.shape[1]) * 40
    np.savez(tmp_path / "clip.npz", keypoints=motion[0], timestamps=times)
    assert zeroskel.read(tmp_path / "clip.npz").fps == 25.0


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("evil",))


@pytest.mark.parametrize("value", [_Evil(), {"skel_body0": np.ones((5, 25, 3))}])
def test_pickled_objects_are_refused(value: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SkeletonFormatError, match=r"clip\.npy: found pickled Python objects"):
        zeroskel.read(save(tmp_path, np.array(value, dtype=object)))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("array", "actual"),
    [
        (np.ones((5, 7)), r"float64 \(5, 7\)"),
        (np.ones((5, 25, 5)), r"float64 \(5, 25, 5\)"),
        (np.ones((0, 25, 3)), r"float64 \(0, 25, 3\)"),
        (np.array(1.0), r"float64 \(\) 1.0"),
        (np.full((5, 25, 3), "1"), "<U1"),
        (np.ones((5, 25, 3), complex), "complex128"),
        (np.where(np.arange(5)[:, None, None] == 4, np.inf, np.ones((5, 25, 3))), r"array\[4, 0, 0\]: found inf"),
        (np.ones((2, 2, 2, 2, 25, 3)), r"float64 \(2, 2, 2, 2, 25, 3\)"),
    ],
)
def test_arrays_that_are_no_recording_are_named(array: np.ndarray, actual: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.npy.*{actual}"):
        zeroskel.read(save(tmp_path, array))


def test_a_header_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, np.ones((5, 25, 3)))
    path.write_bytes(path.read_bytes().replace(b"(5, 25, 3)", b"(9, 25, 3)"))
    with pytest.raises(SkeletonFormatError, match="does not fill"):
        zeroskel.read(path)


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_arrays_are_read_or_refused(motion: np.ndarray, tmp_path: Path, withstands_mutations: Any) -> None:
    withstands_mutations("zeroskel.skeleton.formats:parse", save(tmp_path, motion[0, :4].astype(np.float32)))
