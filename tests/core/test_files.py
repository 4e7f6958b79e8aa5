"""Old content of a file survives a failure to write it; equal content has an equal key."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.core import InputError
from zeroskel.core._files import atomic_folder, atomic_path, check_writable, content_key


def test_a_file_is_replaced_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "scores.txt"
    for text in ("old", "new"):
        with atomic_path(target) as temporary:
            temporary.write_text(text)
            assert temporary.parent == target.parent
        assert target.read_text() == text
    assert list(target.parent.iterdir()) == [target]


def test_a_file_keeps_its_content_when_the_block_raises(tmp_path: Path) -> None:
    target = tmp_path / "scores.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="half"), atomic_path(target) as temporary:
        temporary.write_text("ne")
        raise RuntimeError("half written")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_failed_at_first_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "scores.txt"):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_written_file_may_be_read_by_others(tmp_path: Path) -> None:
    plain, target = tmp_path / "plain.txt", tmp_path / "scores.txt"
    plain.write_text("")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
    assert target.stat().st_mode == plain.stat().st_mode


def test_a_folder_is_replaced_whole_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "bundle"
    for name in ("old.txt", "new.txt"):
        with atomic_folder(target) as temporary:
            (temporary / name).write_text(name)
        assert [file.name for file in target.iterdir()] == [name]
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_keeps_its_content_when_the_block_raises(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(target) as temporary:
        (temporary / "new.txt").write_text("ne")
        raise RuntimeError
    assert (target / "old.txt").read_text() == "old"
    assert [path.name for path in target.iterdir()] == ["old.txt"]
    assert list(tmp_path.iterdir()) == [target]


@given(st.lists(st.integers(-100, 100), max_size=8))
def test_equal_content_has_an_equal_key(values: list[int]) -> None:
    array = np.array(values, dtype=np.float32)
    assert content_key(array, {"b": 1, "a": 2}) == content_key(array.copy(), {"a": 2, "b": 1})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((np.zeros(3),), (np.ones(3),)),
        ((np.zeros(6),), (np.zeros((2, 3)),)),
        ((np.zeros(2, np.float32),), (np.zeros(1, np.float64),)),
        ((np.zeros((0, 3)),), (np.zeros((0, 4)),)),
        ((np.array(["a"]),), (np.array(["b"]),)),
        (({"seed": 0},), ({"seed": 1},)),
        (("a", "b"), ("ab",)),
        ((1,), ("1",)),
    ],
)
def test_other_content_has_another_key(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert content_key(*one) != content_key(*other)


def test_the_order_in_memory_does_not_matter() -> None:
    array = np.arange(12.0).reshape(3, 4)
    assert content_key(array) == content_key(np.asfortranarray(array)) == content_key(array[:, ::-1][:, ::-1])


@pytest.mark.parametrize("atomic", [atomic_path, atomic_folder])
def test_an_error_names_the_target_and_not_the_temporary_path(tmp_path: Path, atomic) -> None:
    target = tmp_path / ("x" * 250)  # the temporary name is too long
    with pytest.raises(OSError) as raised, atomic(target):
        pass
    assert raised.value.filename == str(target) and raised.value.strerror


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check_writable(tmp_path / "new" / "folder" / "scores.csv")
    with pytest.raises(InputError, match=r"scores\.csv: .*file is no folder that can be written"):
        check_writable(tmp_path / "file" / "scores.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
