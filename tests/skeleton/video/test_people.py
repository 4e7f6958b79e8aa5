"""Several people in a film: found, told apart while they cross, and absent where they are."""

import hashlib
import tomllib
from importlib import resources

import numpy as np
import pytest

from zeroskel.skeleton.video import read_video
from zeroskel.skeleton.video._people import Track, people_in_film

FRONT, BEHIND = (20, 530), (0, 420)  # columns of the recordings, at half size, that show the man


@pytest.fixture(scope="module")
def strip(film):
    from ...film import Strip

    return Strip


def presence(sequence):
    """(M, T) bool"""
    return sequence.observed.any(axis=2)


def aside(sequence):
    """(M, T) metres to the right in the picture"""
    hips = [sequence.layout.index(name) for name in ("hip_left", "hip_right")]
    return -sequence.joints[:, :, hips, 0].mean(axis=2)


@pytest.mark.slow("networks find people in videos, frame by frame")
def test_two_people_of_a_real_film_are_found_and_keep_their_places(recordings):
    sequence = read_video(recordings["two"])
    assert sequence.bodies == 2
    assert presence(sequence).mean() > 0.9
    one, other = np.nanmedian(aside(sequence), axis=1)
    assert abs(one - other) > 0.4
    assert (np.nanstd(aside(sequence), axis=1) < 0.25).all()
    assert read_video(recordings["two"], people=1).bodies == 1


@pytest.mark.slow("networks find people in videos, frame by frame")
def test_people_who_cross_keep_their_identity(film, strip, recordings):
    paths = ((0.0, 0.0), (4.0, 800.0)), ((0.0, 850.0), (4.0, 50.0))
    strips = [strip(recordings["front"], FRONT, paths[0]), strip(recordings["behind"], BEHIND, paths[1])]
    sequence = read_video(film.scene("crossing.mp4", strips, seconds=4.0))
    assert sequence.bodies == 2
    positions = aside(sequence)
    for body, there in zip(positions, presence(sequence), strict=True):
        assert there[:20].any() and there[-20:].any(), "each is seen before and after"
        assert abs(np.nanmean(body[-20:]) - np.nanmean(body[:20])) > 1.0, "each comes to the other side"
    assert (np.nanmean(positions[0, :20]) < np.nanmean(positions[1, :20])) != (
        np.nanmean(positions[0, -20:]) < np.nanmean(positions[1, -20:])
    )


@pytest.mark.slow("networks find people in videos, frame by frame")
def test_a_person_who_enters_and_leaves_is_absent_before_and_after(film, strip, recordings):
    strips = [
        strip(recordings["front"], FRONT, ((0.0, 50.0), (5.0, 50.0))),
        strip(recordings["behind"], BEHIND, ((1.0, 1280.0), (2.0, 700.0), (3.0, 700.0), (4.0, 1280.0))),
    ]
    sequence = read_video(film.scene("enters.mp4", strips, seconds=5.0))
    assert sequence.bodies == 2
    stays, enters = presence(sequence)
    assert stays.all()
    assert not enters[:30].any() and enters[60:90].all() and not enters[121:].any()


def track(frames, positions, side=100.0, colour=100.0):
    count = len(frames)
    return Track(
        np.array(frames),
        np.array(positions, float),
        np.full(count, side),
        np.zeros((count, 33, 2)),
        np.zeros((count, 33, 3)),
        np.ones((count, 33)),
        np.full((count, 4, 3), colour),
    )


def walk(frames, speed=4.0, start=0.0):
    return [(start + speed * frame, 50.0) for frame in frames]


SECONDS = np.arange(200) / 30


def test_a_hidden_person_goes_on_where_the_way_leads():
    before, after = range(60), range(90, 150)
    people, _ = people_in_film([track(before, walk(before)), track(after, walk(after))], SECONDS, 4)
    assert [len(person.frames) for person in people] == [120]


def test_who_appears_elsewhere_or_much_later_or_in_another_size_is_somebody_else():
    before, after, late = range(60), range(90, 150), range(140, 200)
    for other in (
        track(after, walk(after, start=300.0)),
        track(late, walk(late)),
        track(after, walk(after), side=170.0),
    ):
        people, _ = people_in_film([track(before, walk(before)), other], SECONDS, 4)
        assert len(people) == 2


def test_of_people_who_meet_the_way_decides_who_is_who():
    """The first track takes the second person over in the middle, and the first person comes out later."""
    first = [*walk(range(60)), *(walk(range(60, 120), speed=-4.0, start=480.0))]
    second = walk(range(60), speed=-4.0, start=480.0)
    later = range(80, 120)
    tracks = [track(range(120), first), track(range(60), second), track(later, walk(later))]
    people, _ = people_in_film(tracks, SECONDS, 4)
    ways = sorted((person.hips[0, 0], person.hips[-1, 0]) for person in people)
    assert ways == [(0.0, 476.0), (480.0, 4.0)]


def test_of_people_who_meet_and_turn_around_the_clothes_decide():
    def turning(start, speed):
        return [*walk(range(50), speed, start), *walk(range(70, 120), -speed, start + 120 * speed)]

    frames = [*range(50), *range(70, 120)]
    tracks = []
    for start, speed, colour in ((0.0, 4.0, 60.0), (420.0, -4.0, 190.0)):
        whole = track(frames, turning(start, speed), colour=colour)
        tracks += [whole[:50], whole[50:]]
    people, _ = people_in_film(tracks, SECONDS, 4)
    assert sorted((person.hips[0, 0], person.hips[-1, 0]) for person in people) == [(0.0, 4.0), (420.0, 416.0)]


def test_a_second_look_at_the_same_person_and_a_moment_are_nobody():
    whole, moment = range(200), range(50, 58)
    tracks = [
        track(whole, walk(whole)),
        track(moment, walk(moment, start=10.0)),
        track(moment, walk(moment, start=900.0)),
    ]
    people, notes = people_in_film(tracks, SECONDS, 4)
    assert (len(people), notes) == (1, ())


def test_the_most_prominent_come_first_and_the_rest_is_noted():
    whole = range(200)
    tracks = [track(whole, walk(whole, start=400.0 * index), side=50.0 + 40 * index) for index in range(3)]
    people, notes = people_in_film(tracks, SECONDS, 2)
    assert [person.sides[0] for person in people] == [130.0, 90.0]
    assert notes == ("1 more person left out",)


def test_the_networks_are_those_of_the_source():
    folder = resources.files("zeroskel.resources") / "pose"
    source = tomllib.loads((folder / "source.toml").read_text())
    for name, facts in source["networks"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"], name
