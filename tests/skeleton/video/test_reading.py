"""The networks of the pose, on recordings and photographs of a man who faces the camera, right arm and leg lifted."""

import wave
from itertools import pairwise

import numpy as np
import pytest

import zeroskel
from zeroskel.core import InputError, MissingFileError
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats import write
from zeroskel.skeleton.transforms import face_camera
from zeroskel.skeleton.video import read_video

pytestmark = pytest.mark.slow("networks find people in videos, frame by frame")

ARM_LIFTED = 48  # frame of the recording from the front
LEFT_RIGHT = ("left", "right")
BONES = {  # metres, of an adult; the smallest and the largest that may be found
    ("shoulder_left", "shoulder_right"): (0.25, 0.45),
    ("hip_left", "hip_right"): (0.12, 0.35),
    ("shoulder_right", "elbow_right"): (0.15, 0.38),
    ("elbow_left", "wrist_left"): (0.13, 0.35),
    ("hip_left", "knee_left"): (0.28, 0.52),
    ("knee_left", "ankle_left"): (0.25, 0.50),
}


def joint(sequence, name):
    """(T, 3)"""
    return sequence.joints[0][:, sequence.layout.index(name)].astype(float)


def hips(sequence):
    return (joint(sequence, "hip_left") + joint(sequence, "hip_right")) / 2


@pytest.fixture(scope="module")
def photograph(recordings):
    return recordings["front"], ARM_LIFTED


@pytest.fixture(scope="module")
def standing(film, photograph):
    return read_video(film("standing.mp4", *photograph))


@pytest.fixture(scope="module")
def report():
    """Return the progress that was reported while the recording from the front was read."""
    return []


@pytest.fixture(scope="module")
def front(recordings, report):
    return read_video(recordings["front"], progress=lambda what, done, total: report.append((what, done, total)))


@pytest.fixture(scope="module")
def behind(recordings):
    return read_video(recordings["behind"])


def test_frames_and_rate_are_those_of_the_video(standing):
    assert (standing.bodies, standing.frames) == (1, 12)
    assert standing.fps == pytest.approx(25.0)
    assert standing.layout.name == "mediapipe-33"


def test_head_is_up_and_feet_are_down(standing):
    heights = [joint(standing, name)[:, 1] for name in ("nose", "shoulder_left", "hip_left", "knee_left", "ankle_left")]
    assert all((upper > lower + 0.05).all() for upper, lower in pairwise(heights))


def test_left_and_right_are_as_in_the_photograph(standing):
    for name in ("shoulder", "hip", "elbow", "knee", "ear"):
        assert (joint(standing, f"{name}_left")[:, 0] < joint(standing, f"{name}_right")[:, 0]).all(), name
    assert (joint(standing, "wrist_right")[:, 1] > joint(standing, "ear_right")[:, 1]).all()
    assert (joint(standing, "wrist_left")[:, 1] < joint(standing, "hip_right")[:, 1]).all()


def test_he_faces_the_camera(standing):
    assert (joint(standing, "nose")[:, 2] < joint(standing, "ear_left")[:, 2]).all()
    assert (joint(standing, "nose")[:, 2] < joint(standing, "ear_right")[:, 2]).all()
    turned = face_camera(standing)
    across = joint(turned, "shoulder_left") - joint(turned, "shoulder_right")
    assert (across[:, 0] < 0).all()


def test_bones_have_the_length_of_a_grown_up(standing, front):
    for sequence in (standing, front):
        for (one, other), (least, most) in BONES.items():
            length = np.median(np.linalg.norm(joint(sequence, one) - joint(sequence, other), axis=-1))
            assert least < length < most, (one, other, length)


def test_a_mirrored_photograph_gives_the_mirror_image(standing, film, photograph):
    mirrored = read_video(film("mirrored.mp4", *photograph, mirrored=True))
    assert (joint(mirrored, "wrist_left")[:, 1] > joint(mirrored, "ear_left")[:, 1]).all()
    swapped = zeroskel.SkeletonSequence(mirrored.joints[:, :, mirrored.layout.mirror_order], mirrored.layout)
    there, back = standing.joints[0, -1], swapped.joints[0, -1] * [-1, 1, 1]
    assert np.median(np.linalg.norm(there - back, axis=-1)) < 0.15


def test_a_photograph_that_goes_right_goes_to_the_cameras_right(standing, film, photograph):
    pixels = 120
    moved = read_video(film("aside.mp4", *photograph, frames=25, aside=pixels))
    way = hips(moved)[-1] - hips(moved)[0]
    metres_a_pixel = hips(standing)[0, 2] / (480 / np.tan(np.deg2rad(30)))  # the picture is 960 pixels high
    assert way[0] == pytest.approx(-pixels * metres_a_pixel, rel=0.15)
    assert abs(way[1]) < 0.1


def test_a_photograph_that_grows_comes_nearer(film, photograph):
    factor = 1.4
    nearer = read_video(film("nearer.mp4", *photograph, frames=40, larger=factor))
    distance = hips(nearer)[:, 2]
    assert distance[-1] / distance[0] == pytest.approx(1 / factor, rel=0.12)


def test_seen_from_behind_the_same_motion_is_turned_and_not_mirrored(front, behind):
    assert (joint(behind, "shoulder_left")[:5, 0] > joint(behind, "shoulder_right")[:5, 0]).all()
    names = [f"{name}_{side}" for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in LEFT_RIGHT]
    one, other = (np.concatenate([(joint(view, name) - hips(view))[:45] for name in names]) for view in (front, behind))
    left, _, right = np.linalg.svd(one.T @ other)
    turn = left @ np.diag([1, 1, np.sign(np.linalg.det(left @ right))]) @ right
    mirror = left @ np.diag([1, 1, -np.sign(np.linalg.det(left @ right))]) @ right
    turned, mirrored = (np.linalg.norm(one @ matrix - other, axis=-1).mean() for matrix in (turn, mirror))
    assert turned < 0.2
    assert turned < 0.8 * mirrored


def test_a_fast_video_is_thinned_out_to_the_rate(front, recordings):
    assert (front.frames, front.fps) == (50, pytest.approx(30.0, rel=0.02))  # of 100 at 60 a second
    slow = read_video(recordings["front"], rate=10)
    assert slow.frames == pytest.approx(17, abs=1)
    assert slow.fps == pytest.approx(10, rel=0.05)
    assert np.median(np.abs(hips(front)[::3][:16] - hips(slow)[:16])) < 0.1


def test_progress_is_told_and_ends_with_all_frames(front, report):
    assert len(report) >= 2
    assert [done for _, done, _ in report] == sorted(done for _, done, _ in report)
    assert report[-1] == ("finding people in cam01.mp4", 100, 100)


def test_joints_hardly_visible_are_left_out(behind, recordings):
    strict = read_video(recordings["behind"], visibility=0.9)
    assert 0.05 < behind.observed.mean() - strict.observed.mean() < 0.8
    assert not strict.observed[~behind.observed].any()


def test_read_takes_videos_and_what_it_gives_survives_json(film, photograph, tmp_path):
    clip = film("clip.avi", *photograph)
    sequence = zeroskel.read(clip)
    write(sequence, tmp_path / "clip.json")
    again = zeroskel.read(tmp_path / "clip.json")
    np.testing.assert_allclose(again.joints, sequence.joints, atol=1e-6)
    assert (again.fps, again.layout) == (sequence.fps, sequence.layout)
    converted = zeroskel.read(clip, layout="kinect-20", fps=50)
    assert (converted.layout.name, converted.fps) == ("kinect-20", 50)


def refused(path, *words, **options):
    with pytest.raises(SkeletonFormatError) as refusal:
        read_video(path, **options)
    message = str(refusal.value)
    assert path.name in message
    assert "\n" not in message
    for word in words:
        assert word in message


def test_nobody_is_said(film):
    refused(film("noise.mp4"), "found nobody in any of 12 frames")


def test_a_long_video_is_refused(film):
    refused(film("long.mp4", frames=60), "2 seconds or more; expected at most 2", most_seconds=2.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_file_cut_short_is_refused(film, photograph, tmp_path, suffix, share):
    whole = film(f"whole{suffix}", *photograph).read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    if suffix == ".avi" and share == 0.9:
        assert read_video(cut).frames >= 10  # what is there can be used
    else:
        refused(cut, "broken", "cut short")


def test_a_broken_file_is_refused(film, photograph, tmp_path):
    whole = film("whole.mp4", *photograph).read_bytes()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(whole[:64] + bytes(len(whole) - 64))
    refused(broken, "broken")


def test_what_is_no_video_is_refused(tmp_path):
    empty, sound = tmp_path / "empty.mp4", tmp_path / "sound.mp4"
    empty.touch()
    with wave.open(str(sound), "wb") as opened:
        opened.setparams((1, 2, 8000, 0, "NONE", ""))
        opened.writeframes(bytes(16000))
    for path, word in ((empty, "empty"), (sound, "sound")):
        with pytest.raises(SkeletonFormatError, match=word):
            read_video(path)
    with pytest.raises(MissingFileError, match="no such file"):
        read_video(tmp_path / "nowhere.mp4")
    with pytest.raises(InputError, match="folder"):
        read_video(tmp_path)


@pytest.mark.parametrize(
    "options", [{"visibility": 1.5}, {"field_of_view": 0.0}, {"rate": float("nan")}, {"most_seconds": 1e9}]
)
def test_options_out_of_bounds_are_refused(options, recordings):
    with pytest.raises(InputError, match="expected a number from"):
        read_video(recordings["front"], **options)
