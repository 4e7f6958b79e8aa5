"""The report appears whole or not at all, in the format that its name says."""

import pytest

from zeroskel.core import InputError
from zeroskel.report import write_report


@pytest.mark.parametrize(("name", "start"), [("a.md", "# Results"), ("a.html", "<!doctype html>")])
def test_the_ending_says_the_format(record, tmp_path, name, start):
    write_report([record()], tmp_path / name, commands=["zeroskel demo"])
    page = (tmp_path / name).read_text(encoding="utf-8")
    assert page.startswith(start) and "smie" in page and "zeroskel demo" in page


def test_another_ending_is_refused_and_nothing_is_written(record, tmp_path):
    with pytest.raises(InputError, match=r"ending \.txt; expected FILE\.html"):
        write_report([record()], tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_a_report_that_fails_leaves_the_old_page(record, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(AttributeError):
        write_report([record(), "no record"], path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
