import numpy as np
import pytest

from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.features._altered_copies import AlteredSequences, altered
from zeroskel.features._encoded_split import EncoderConfig
from zeroskel.features._store import FeatureStore
from zeroskel.skeleton import Preprocessing
from zeroskel.text._movement_reader import mirrored_text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("swipe left", "swipe right"),
        ("raise the right hand, then the left hand", "raise the left hand, then the right hand"),
        ("draw a circle clockwise", "draw a circle counterclockwise"),
        ("draw a circle counter-clockwise", "draw a circle clockwise"),
        ("clap hands", "clap hands"),
        ("leftover", "leftover"),
    ],
)
def test_left_and_right_change_places_in_a_name(name, expected):
    assert mirrored_text(name) == expected


def test_a_copy_is_the_same_motion_seen_worse():
    sequence, prepare = generate_sequence("wave both hands", seed=1), Preprocessing("ntu-25")
    joints = prepare(sequence)
    copies = [altered(sequence, np.random.default_rng(seed)) for seed in range(40)]
    near = [np.median(np.abs(prepare(copy) - joints)) for copy in copies]
    far = np.median(np.abs(prepare(generate_sequence("squat twice", seed=1)) - joints))
    assert np.median(near) < 0.5 * far
    missing = np.array([1 - copy.observed.mean() for copy in copies])
    assert 0.2 < (missing > 0.02).mean() < 0.7 and missing.max() < 0.7
    assert len({copy.frames for copy in copies}) > 5
    assert all(abs(copy.frames / copy.fps - sequence.frames / sequence.fps) < 0.3 * 5 for copy in copies)


def test_a_single_frame_has_copies_too():
    sequence = generate_sequence("squat twice", seed=1)
    still = sequence.replace(sequence.joints[:, :1])
    assert all(altered(still, np.random.default_rng(seed)).observed.any() for seed in range(30))


def test_draws_depend_on_sequence_and_copy_only():
    sequence, other = generate_sequence("squat twice", seed=1), generate_sequence("bow forward", seed=1)
    copies, again = AlteredSequences([sequence, other], 3), AlteredSequences([sequence, sequence], 3)
    assert len(copies) == 6
    np.testing.assert_array_equal(copies[2].joints, again[2].joints)
    assert copies[4].joints.shape != again[2].joints.shape or not np.array_equal(copies[4].joints, again[2].joints)
    named = [copies.class_names(["wave left"], copy) for copy in range(3)]
    assert named == [["wave right"], ["wave left"], ["wave right"]]


def test_no_copy_is_of_a_class_that_does_not_train(small, cache):
    """A mirrored wave of the right hand is one of the left: a class that may be withheld."""
    store = FeatureStore(small, cache)
    names = small.class_names
    sided = [name for name in names if mirrored_text(name) != name and mirrored_text(name) in names]
    assert sided, names
    sided_label = names.index(sided[0])
    rows = np.flatnonzero(small.labels != names.index(mirrored_text(sided[0])))
    encoder = store.encoder(EncoderConfig("kinematic"), rows)
    more = store.encode_altered(rows, encoder, 2)
    assert set(more.labels.tolist()) <= set(small.labels[rows].tolist())
    count = (small.labels[rows] == sided_label).sum()
    assert (more.labels == sided_label).sum() == count  # its mirrored copies are left out, the others are not
    everything = store.encode_altered(np.arange(len(small)), encoder, 2)
    assert len(everything.labels) > len(more.labels) + count
