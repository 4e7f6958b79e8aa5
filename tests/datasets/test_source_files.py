"""Facts of sources: folders and zip archives, and archives that mean harm."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import MissingFileError, SkeletonFormatError
from zeroskel.datasets._source_files import SourceFile, list_files


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as stream:
        for name, content in members.items():
            stream.writestr(name, content)
    return path


def test_folders_and_archives_are_listed_together_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.txt").write_bytes(b"1")
    (tmp_path / ".hidden").write_bytes(b"no")
    archive(tmp_path / "a.zip", {"in/two.txt": b"22", "in/": b"", "__MACOSX/two.txt": b"no"})
    files = list_files(tmp_path)
    assert [file.name for file in files] == ["two.txt", "one.txt"]
    assert [file.content() for file in files] == [b"22", b"1"]
    assert files[0].origin == tmp_path / "a.zip" / "in" / "two.txt"


def test_one_file_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(b"1")
    assert [file.content() for file in list_files(tmp_path / "one.txt")] == [b"1"]


def test_a_key_follows_the_content_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_bytes(b"1")
    before = list_files(path)[0].key
    assert list_files(path)[0].key == before
    path.write_bytes(b"12")
    assert list_files(path)[0].key != before


@pytest.mark.parametrize("name", ["../out.txt", "in/../../out.txt", "/etc/out.txt", "..\\out.txt", "C:\\out.txt"])
def test_names_that_point_outside_an_archive_are_refused(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"fine.txt": b"1", name: b"2"})
    with pytest.raises(SkeletonFormatError, match=r"a\.zip, member .*points outside"):
        list_files(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.zip", {"bomb.txt": bytes(2**25)})
    with pytest.raises(SkeletonFormatError, match=r"bomb\.txt: .*claim to hold.*Do not trust"):
        list_files(path)[0].content()


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match="expected one recording"):
        SourceFile(tmp_path / "huge.txt", "", 2**40).content()


def test_files_that_vanish_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="gone"):
        list_files(tmp_path / "gone")
    path = tmp_path / "one.txt"
    path.write_bytes(b"1")
    file = list_files(path)[0]
    path.unlink()
    with pytest.raises(MissingFileError, match=r"one\.txt: the file is gone"):
        file.content()


def test_spoilt_archives_are_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    content = archive(tmp_path / "a.zip", {f"{i}.txt": rng.bytes(60) for i in range(4)}).read_bytes()
    refused = 0
    for number in range(2000):
        spoilt = bytearray(content)
        if number % 2:
            del spoilt[int(rng.integers(len(spoilt))) :]
        else:
            for position in rng.integers(len(spoilt), size=3):
                spoilt[position] = int(rng.integers(256))
        path = tmp_path / f"spoilt-{number}.zip"
        path.write_bytes(spoilt)
        try:
            for file in list_files(path):
                file.content()
        except SkeletonFormatError as error:
            assert str(path) in str(error)
            refused += 1
        path.unlink()
    assert refused > 1000
