import json

import pytest
from attrs import evolve

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.benchmark._results import read_folders
from zeroskel.core import MissingFileError

CONFIG = BenchmarkConfig(splits=("small",), encoders=("kinematic",), methods=("ridge",), masked_views=2)


@pytest.fixture(scope="module")
def folders(small, cache, tmp_path_factory):
    base = tmp_path_factory.mktemp("runs")
    run_benchmark([small], CONFIG, base / "a", cache=cache, command="zeroskel benchmark a")
    both = evolve(CONFIG, methods=("ridge", "conse"))
    run_benchmark([small], both, base / "b", cache=cache, command="zeroskel benchmark b")
    return [base / "a", base / "b"]


def test_folders_come_together_and_a_common_cell_counts_once(folders):
    results = read_folders(folders)
    assert sorted(record.method for record in results.records) == ["conse", "ridge"]
    assert results.commands == ["zeroskel benchmark a", "zeroskel benchmark b"]
    assert len(results.maps) == 1


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
        read_folders([*folders, tmp_path])
