"""An annotated film is a playable copy that shows the skeletons, the actions and the lanes, whole or not at all."""

import av
import numpy as np
import pytest

from zeroskel.core import InputError, Segment
from zeroskel.skeleton.video import Landmarks
from zeroskel.skeleton.video._annotation import check_save, save_annotated

BLUE = np.array([0x1F, 0x9B, 0xFF])  # of person 0


@pytest.fixture
def noise(film):
    """A film of noise of 24 frames, 320 x 240, and a person in its upper half from frame 12 on."""
    image = np.full((24, 33, 2), 100.0)
    image[:, 11], image[:, 12], image[:, 23], image[:, 24] = (200, 40), (120, 40), (180, 140), (140, 140)
    visibility = np.ones((24, 33))
    visibility[:12] = np.nan
    world = np.zeros((24, 33, 3))
    return film("noise.mp4", frames=24), Landmarks(np.arange(24) / 25, image, world, visibility, (320, 240))


def decoded(path):
    """The codec, the times of the frames, and the frames (T, H, W, 3)"""
    with av.open(str(path)) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
        codec = container.streams.video[0].codec_context.name
    return codec, [time for time, _ in frames], np.array([pixels for _, pixels in frames]).astype(int)


def share_of_blue(pixels):
    return (np.abs(pixels - BLUE).max(axis=-1) < 60).mean(axis=(-2, -1))


def test_the_copy_has_the_times_of_the_film_and_shows_the_person_while_there(noise, tmp_path):
    path, person = noise
    report = []
    save_annotated(
        path,
        tmp_path / "out.mp4",
        {0: [person]},
        [Segment(0, 0.5, 0.96, "wave", 0.8)],
        progress=lambda *said: report.append(said),
    )
    codec, times, pixels = decoded(tmp_path / "out.mp4")
    assert codec == "h264"
    np.testing.assert_allclose(times, np.arange(24) / 25, atol=1e-3)
    picture = share_of_blue(pixels[:, :180])
    assert picture[:11].max() < 0.01 < picture[13:].min()
    lane = share_of_blue(pixels[:, 232:, 160:])
    assert lane.min() > 0.4, "the lane of the person is there from the first frame, from the middle to the end"
    assert report[-1] == ("writing out.mp4", 24, 24)


def test_an_interrupted_copy_leaves_the_file_as_it_was(noise, tmp_path):
    path, person = noise
    (tmp_path / "out.mp4").write_text("before")

    def interrupt(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_annotated(path, tmp_path / "out.mp4", {0: [person]}, [], progress=interrupt)
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]
    assert (tmp_path / "out.mp4").read_text() == "before"


def test_a_long_name_in_another_alphabet_and_several_bodies_of_a_person_are_drawn(noise, tmp_path):
    path, person = noise
    segments = [Segment(0, 0.0, 0.1, "поднять правую руку и помахать " * 4, 0.5), Segment(3, 0.2, 99.0, "✋", 0.5)]
    save_annotated(path, tmp_path / "out.mp4", {0: [person, person], 3: [person]}, segments)
    assert len(decoded(tmp_path / "out.mp4")[1]) == 24


def test_names_that_cannot_be_written_are_refused(tmp_path):
    film = tmp_path / "film.mp4"
    film.touch()
    for path, word in ((tmp_path / "out.avi", r"\.mp4"), (tmp_path / "out", r"\.mp4"), (film, "the video itself")):
        with pytest.raises(InputError, match=word):
            check_save(path, film)
