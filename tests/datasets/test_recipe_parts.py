"""Facts of finding recordings by the names of their files."""

import re
from pathlib import Path

import pytest

from zeroskel.core import InputError
from zeroskel.datasets._recipe_parts import named_recordings
from zeroskel.datasets._source_files import SourceFile

PATTERN = re.compile(r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_e(?P<repetition>\d+))\.txt")


def files(*names: str) -> list[SourceFile]:
    return [SourceFile(Path("release") / name) for name in names]


def test_files_of_other_names_are_left_out_and_folders_do_not_matter() -> None:
    names = ("z/a2_s1_e1.txt", "README.txt", ".DS_Store", "a1_s1_e1.txt", "a1_s1_e1.txt.bak")
    actual = named_recordings(files(*names), PATTERN, "the folder of X")
    assert [match["name"] for _, match in actual] == ["a1_s1_e1", "a2_s1_e1"]


def test_a_name_that_is_there_twice_is_refused() -> None:
    twice = files("a1_s1_e1.txt", "copy/a1_s1_e1.txt")
    with pytest.raises(InputError, match=r"copy/a1_s1_e1\.txt: found the name a second time, after release/a1_s1_e1"):
        named_recordings(twice, PATTERN, "the folder of X")


def test_no_recording_at_all_says_what_was_expected() -> None:
    with pytest.raises(InputError, match=r"found 1 files, none of them a recording; expected the folder of X\. Name"):
        named_recordings(files("README.txt"), PATTERN, "the folder of X")
