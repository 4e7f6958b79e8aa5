"""Original files of the small sets become the recordings that the labelled arrays of the same sets hold."""

import json
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import get_layout
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._recipe_parts import Listing, Recording
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._recipes import get_recipe

COUNTS = {
    "utd_mhad": 4,
    "msr_action3d": 3,
    "utkinect": 10,
    "nw_ucla": 3,
    "kinder_gator": 2,
    "kard": 2,
    "florence3d": 2,
    "penn_action": 2,
}
ARRAYS = {name: name for name in COUNTS if name not in ("kard", "florence3d")} | {"penn_action": "penn_action_2d"}


def originals(shared: Path, name: str) -> tuple[Listing, list[Recording]]:
    recipe = get_recipe(name.replace("_", "-"))
    listing = recipe.find(list_files(shared / "raw" / name))
    return listing, [recording for task in listing.tasks for recording in recipe.read(task)]


@pytest.mark.parametrize("name", COUNTS)
def test_every_original_is_found_and_read(name: str, shared: Path) -> None:
    listing, recordings = originals(shared, name)
    assert len(recordings) == len({recording.name for recording in recordings}) == COUNTS[name]
    for task in listing.tasks:
        assert json.loads(json.dumps(dict(task.facts))) == dict(task.facts)
    for recording in recordings:
        assert recording.sequence.layout is get_layout(listing.layout)
        assert 0 <= recording.label < len(listing.class_names)
        assert tuple(sorted(recording.train)) == tuple(sorted(listing.protocols))


@pytest.mark.slow("hundreds of original recordings")
@pytest.mark.parametrize("name", ARRAYS)
def test_originals_equal_the_labelled_arrays(name: str, shared: Path) -> None:
    path = shared / "data" / f"{ARRAYS[name]}.npz"
    data = SkeletonDataset.from_npz(path)
    with np.load(path, allow_pickle=False) as arrays:
        positions = {sample: position for position, sample in enumerate(arrays["sample_names"].tolist())}
        views = arrays["views"] if "views" in arrays else np.zeros(len(data), dtype=int)
    listing, recordings = originals(shared, name)
    assert listing.class_names == tuple(data.class_names)
    for recording in recordings:
        position = positions[recording.name]
        np.testing.assert_array_equal(recording.sequence.joints, data[position].joints)
        assert recording.sequence.layout == data[position].layout
        assert recording.sequence.fps == data[position].fps
        assert recording.label == data.labels[position]
        assert recording.subject == data.subjects[position]
        assert recording.camera == views[position]
        if listing.protocols == ("published",):
            assert recording.train["published"] == data.train_mask[position]
