import json
from dataclasses import replace

import pytest

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.benchmark.reports import write_page
from zeroskel.core import InputError, MissingFileError

CONFIG = BenchmarkConfig(splits=("small",), encoders=("kinematic",), methods=("ridge",), masked_views=2)


@pytest.fixture(scope="module")
def folders(small, cache, tmp_path_factory):
    base = tmp_path_factory.mktemp("runs")
    run_benchmark([small], CONFIG, base / "a", cache=cache, command="zeroskel benchmark a")
    both = replace(CONFIG, methods=("ridge", "conse"))
    run_benchmark([small], both, base / "b", cache=cache, command="zeroskel benchmark b")
    return [base / "a", base / "b"]


def test_folders_come_together_and_a_common_cell_counts_once(folders, tmp_path):
    assert write_page(folders, tmp_path / "results.md") == 2
    page = (tmp_path / "results.md").read_text()
    assert "conse" in page and "ridge" in page
    assert "zeroskel benchmark a\nzeroskel benchmark b\n" in page
    assert write_page(folders, tmp_path / "report.html") == 2
    assert (tmp_path / "report.html").read_text().count("<h1") == 1


def test_a_folder_keeps_each_command_once_and_one_map_a_split(small, cache, folders):
    run_benchmark([small], CONFIG, folders[0], cache=cache, command="zeroskel benchmark a")
    assert (folders[0] / "commands.txt").read_text() == "zeroskel benchmark a\n"
    (drawn,) = [json.loads(line) for line in (folders[0] / "maps.jsonl").read_text().splitlines()]
    assert drawn["classes"] == small.splits["small"]["unseen"]
    assert len(drawn["points"]) == len(drawn["labels"]) == 18
    assert len(drawn["texts"]) == 3
    page = (folders[0] / "report.html").read_text()
    assert "t-SNE of features" in page


def test_what_is_no_results_folder_is_named(folders, tmp_path):
    with pytest.raises(MissingFileError, match=r"no results\.jsonl there"):
        write_page([*folders, tmp_path], tmp_path / "x.md")
    with pytest.raises(InputError, match=r"ending \.txt"):
        write_page(folders, tmp_path / "x.txt")
    assert not list(tmp_path.iterdir())
