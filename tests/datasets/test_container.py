"""Facts of containers: what goes in comes out, without loading the rest, and what was altered is found."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zeroskel import SkeletonDataset, SkeletonSequence
from zeroskel.core import InputError, MissingFileError, SkeletonFormatError, get_layout
from zeroskel.datasets import Container, write_container


def data(count: int = 5, seed: int = 0, layout: str = "ntu-25", channels: int = 3) -> SkeletonDataset:
    """Sequences of one or two bodies and 1 to 9 frames, with gaps."""
    rng = np.random.default_rng(seed)
    sequences = []
    for _ in range(count):
        shape = (int(rng.integers(1, 3)), int(rng.integers(1, 10)), len(get_layout(layout).joints), channels)
        joints = rng.normal(size=shape)
        joints[rng.random(shape[:3]) < 0.1] = np.nan
        sequences.append(SkeletonSequence(joints, layout, fps=float(rng.integers(10, 60))))
    masks = {"cross-subject": rng.random(count) < 0.5, "cross-view": rng.random(count) < 0.5}
    names = [f"clip {i}" for i in range(count)]
    return SkeletonDataset(
        sequences, rng.integers(3, size=count), rng.integers(9, size=count), ["wave", "sit", "jump"], name="toy",
        protocols=masks, names=names, splits={"own": {"unseen": ["wave", "sit"]}}, notice="made up",
    )  # fmt: skip


def assert_equal(one: SkeletonDataset, other: SkeletonDataset) -> None:
    assert (one.name, one.class_names, one.layout, one.names) == (
        other.name,
        other.class_names,
        other.layout,
        other.names,
    )
    assert (one.labels.tolist(), one.subjects.tolist()) == (other.labels.tolist(), other.subjects.tolist())
    assert one.protocols.keys() == other.protocols.keys()
    for protocol, mask in one.protocols.items():
        np.testing.assert_array_equal(mask, other.protocols[protocol])
    for i in range(len(one)):
        np.testing.assert_array_equal(one[i].joints, other[i].joints)
        assert one[i].fps == other[i].fps


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12))
def test_container_and_npz_there_and_back(seed: int, count: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("round")
    dataset = data(count, seed)
    write_container(dataset, folder / "one")
    opened = SkeletonDataset.open(folder / "one")
    assert_equal(opened, dataset)
    assert (opened.splits, opened.notice) == (dataset.splits, dataset.notice)
    opened.to_npz(folder / "toy.npz")
    again = SkeletonDataset.from_npz(folder / "toy.npz")
    assert_equal(again, dataset)
    write_container(again, folder / "two")
    assert_equal(SkeletonDataset.open(folder / "two"), dataset)


def test_the_same_data_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_container(data(), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)
    assert not (tmp_path / "one.partial").exists()


def test_half_the_space_keeps_a_millimetre(tmp_path: Path) -> None:
    dataset = data()
    write_container(dataset, tmp_path / "half", dtype="float16")
    opened = SkeletonDataset.open(tmp_path / "half")
    assert opened[0].joints.dtype == np.float32
    for i in range(len(dataset)):
        np.testing.assert_allclose(opened[i].joints, dataset[i].joints, atol=2e-3)


def test_a_coordinate_too_large_for_half_precision_is_refused(tmp_path: Path) -> None:
    dataset = SkeletonDataset([SkeletonSequence(np.full((2, 13, 2), 1e5), "penn-13")], [0], [1], ["a", "b"])
    with pytest.raises(InputError, match="float32"):
        write_container(dataset, tmp_path / "half", dtype="float16")


def test_protocols_choose_what_trains(tmp_path: Path) -> None:
    dataset = data()
    write_container(dataset, tmp_path / "c")
    for protocol, mask in dataset.protocols.items():
        opened = SkeletonDataset.open(tmp_path / "c", protocol=protocol)
        np.testing.assert_array_equal(opened.train_mask, mask)
    fingerprints = {SkeletonDataset.open(tmp_path / "c").with_protocol(p).fingerprint for p in dataset.protocols}
    assert len(fingerprints) == 2
    with pytest.raises(InputError, match="cross-subject, cross-view"):
        SkeletonDataset.open(tmp_path / "c", protocol="cross-setup")


def test_only_the_shards_asked_for_are_opened_and_they_are_mapped(tmp_path: Path) -> None:
    dataset = data(600)
    write_container(dataset, tmp_path / "c")
    container = Container(tmp_path / "c")
    assert container.manifest["shards"] == 3
    assert isinstance(container._shard(1), np.memmap)
    np.testing.assert_array_equal(container[-1].joints, dataset[599].joints)
    assert set(container._shards) == {1, 2}
    with pytest.raises(IndexError):
        container[600]


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="there is something already"):
        write_container(data(), tmp_path / "c")
    assert (tmp_path / "c" / "thesis.txt").read_text() == "years of work"


def test_check_sums_tell_every_altered_file(tmp_path: Path) -> None:
    write_container(data(), tmp_path / "c")
    container = Container(tmp_path / "c")
    assert container.verify() == []
    content = bytearray((tmp_path / "c" / "joints-00000.npy").read_bytes())
    content[-1] ^= 1
    (tmp_path / "c" / "joints-00000.npy").write_bytes(content)
    (tmp_path / "c" / "labels.npy").write_bytes(b"")
    (tmp_path / "c" / "fps.npy").unlink()
    faults = container.verify()
    assert len(faults) == 3
    assert any("joints-00000.npy: the check sum" in f for f in faults)
    assert any("labels.npy: found 0 bytes" in f for f in faults)
    assert any("fps.npy: the file is gone" in f for f in faults)


def spoil_manifest(**changed: object):
    def spoil(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, **changed}))

    return spoil


def save(name: str, array: np.ndarray):
    return lambda folder: np.save(folder / name, array)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_manifest(format=9), r"manifest\.json: found format 9"),
        (spoil_manifest(class_names=3), r"manifest\.json: class_names is 3"),
        (spoil_manifest(layout="no-such"), "no-such"),
        (spoil_manifest(dtype="<f8"), "expected <f4 or <f2"),
        (spoil_manifest(recordings=4), r"labels\.npy: found <i8 \(5,\); expected <i8 \(4,\)"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"manifest\.json: not JSON"),
        (save("labels.npy", np.array([0, 1, 2, 3, 0])), r"labels\.npy, entry 3: found 3; expected 0 to 2"),
        (save("bodies.npy", np.array([0, 1, 1, 1, 1])), r"bodies\.npy, entry 0"),
        (save("frames.npy", np.full(5, 1000)), "reaches beyond its shard"),
        (save("joints-00000.npy", np.zeros((9, 25, 2), "<f4")), r"expected <f4 \(rows, 25, 3\)"),
        (save("joints-00000.npy", np.zeros((9, 25, 3), "<f8")), r"joints-00000\.npy: found float64"),
        (lambda folder: (folder / "starts.npy").unlink(), r"starts\.npy: the file is gone"),
        (lambda folder: (folder / "starts.npy").write_bytes(b"\x93NUMPY"), r"starts\.npy: not a whole"),
        (save("labels.npy", np.array([None] * 5)), r"labels\.npy"),
    ],
)
def test_a_broken_container_is_refused_by_name(spoil, message: str, tmp_path: Path) -> None:
    write_container(data(), tmp_path / "c")
    spoil(tmp_path / "c")
    with pytest.raises(InputError, match=message) as caught:
        SkeletonDataset.open(tmp_path / "c")[0]
    assert isinstance(caught.value, SkeletonFormatError) or "no-such" in message


def test_a_folder_that_is_none_and_one_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="data prepare"):
        SkeletonDataset.open(tmp_path)
    with pytest.raises(MissingFileError):
        SkeletonDataset.open(tmp_path / "gone")
