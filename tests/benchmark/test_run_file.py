"""A run is a file: what it says is what runs, what is wrong with it is one line, and what was written runs again."""

import re
import shlex
import tomllib
from pathlib import Path

import attrs
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroskel.app.cli import main
from zeroskel.benchmark import BenchmarkConfig, BenchmarkRun, read_run_file
from zeroskel.core import InputError, MissingFileError

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "benchmark.md"
MINIMAL = {"data": "synthetic", "split": "demo", "out": "runs/demo"}
FULL = """
data = ["a.npz", "b.npz"]
split = ["purls-5", "purls-9"]
protocol = "cross-subject"
methods = ["ridge", "smie:epochs=5", { name = "smie", options = { hidden = [64, 32], stop_epoch = "null" } }]
encoder = "kinematic"
seeds = 3
selection = ["last", "validation"]
text = "minilm"
prompt = ["name", ["name", "description"], "a person {name}, slowly"]
descriptions = "texts.json"
masked_views = 2
synthetic = 0
workers = 2
engine = "dask"
scheduler = "tcp://10.0.0.1:8786"
cache = "cache"
out = "runs/full"

[options.kinematic]
embed_dim = 32
[options.smie]
margin = 0.2
"""


def write(folder, content):
    file = folder / "run.toml"
    file.write_text(content if isinstance(content, str) else tomli_w.dumps(content), encoding="utf-8")
    return file


def run(*arguments):
    """The exit code of the command in this process."""
    with pytest.raises(SystemExit) as end:
        main(["benchmark", *map(str, arguments)])
    return end.value.code


def test_every_option_has_a_key(tmp_path):
    described = read_run_file(write(tmp_path, FULL))
    assert (described.data, described.splits, described.seeds) == (("a.npz", "b.npz"), ("purls-5", "purls-9"), (3,))
    assert [variant.options for variant in described.variants] == [
        {},
        {"margin": 0.2, "epochs": 5},
        {"margin": 0.2, "hidden": [64, 32], "stop_epoch": None},
    ]
    assert described.prompts == ("name", "name+description", "a person {name}, slowly")
    assert (described.descriptions, described.out) == (Path("texts.json"), Path("runs/full"))
    assert (described.workers, described.engine, described.scheduler) == (2, "dask", "tcp://10.0.0.1:8786")
    keys = set(tomllib.loads(described.to_toml()))
    assert keys == set(tomllib.loads(FULL)) | {"download"}


def test_what_was_written_is_the_same_run(tmp_path):
    for content in (FULL, MINIMAL):
        first = read_run_file(write(tmp_path, content))
        assert read_run_file(write(tmp_path, first.to_toml())) == first
    assert read_run_file(write(tmp_path, MINIMAL)) == BenchmarkRun(data="synthetic", splits="demo", out="runs/demo")


def test_flags_override_the_file_option_by_option(tmp_path):
    flags = {"seeds": (7,), "out": Path("other"), "options": {"smie": {"epochs": 9}}, "engine": "dask"}
    described = read_run_file(write(tmp_path, FULL), flags)
    assert (described.seeds, described.out, described.masked_views) == ((7,), Path("other"), 2)
    assert described.options == {"kinematic": {"embed_dim": 32}, "smie": {"margin": 0.2, "epochs": 9}}


def test_short_forms_and_tables_are_one():
    table = {"name": "smie", "options": {"estimator": "infonce", "temporal_weight": 0}}
    short = BenchmarkConfig(splits="a", methods="smie:estimator=infonce:temporal_weight=0", prompts="name+description")
    assert short == BenchmarkConfig(splits=["a"], methods=[table], prompts=[["name", "description"]])
    assert len(BenchmarkConfig(splits="a", methods=["closed-forms", "smie"]).methods) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mehods": ["ridge"]}, "unknown key 'mehods'; did you mean 'methods'?"),
        ({"xyz": 1}, "unknown key 'xyz'; expected one of data, features"),
        ({"seeds": [0, 0]}, "seeds: found [0, 0]; expected whole numbers"),
        ({"seeds": [True]}, "seeds: found [True]"),
        ({"seeds": []}, "seeds: found []"),
        ({"seeds": [2**32]}, "seeds: found"),
        ({"split": [1]}, "split: found [1]; expected names of class splits"),
        ({"methods": ["rigde"]}, "methods: unknown method 'rigde'; expected one of smie,"),
        ({"methods": ["ridge:x=1"]}, "method ridge has no option 'x'"),
        ({"methods": [{"name": "ridge", "option": {}}]}, "expected a name or a table"),
        ({"methods": [["ridge"]]}, "expected a name or a table"),
        ({"methods": ["conse:top=0"]}, "methods: method conse: top is 0; expected a whole number, at least 1"),
        ({"options": {"smie": {"epochs": 0}}}, "options: method smie: epochs is 0; expected"),
        (
            {"encoder": "stgnc"},
            "encoder: found 'stgnc'; expected one of stgcn, kinematic, biomechanics, movement; did you mean",
        ),
        ({"prompt": [["name", "nmae"]]}, "prompt: found 'nmae'; expected one of name"),
        ({"selection": "best"}, "selection: found 'best'; expected one of last, validation, leaking-test"),
        ({"masked_views": 0}, "masked_views: found 0; expected a whole number of at least 1"),
        ({"masked_views": 4.0}, "masked_views: found 4.0"),
        ({"download": "yes"}, "download: found 'yes'; expected true or false"),
        ({"workers": "two"}, "workers: found 'two'"),
        ({"engine": "dusk"}, "engine: found 'dusk'; expected one of local, dask; did you mean 'dask'?"),
        ({"engine": "dask"}, "dask needs an address"),
        ({"out": ""}, "out: found ''; expected the folder of the results"),
        ({"options": {"smie": {"epoch": 1}}}, "method smie has no option 'epoch'; its options are"),
        ({"options": {"smie": 3}}, "options: found {'smie': 3}; expected a table for each method or encoder"),
        ({"options": {"kite": {}}}, "found options for 'kite', which is neither a method nor an encoder of this run"),
        ({"features": "folder"}, "--data and --features are both given"),
        ({"classes": "ntu60"}, "--classes is given without --features"),
        ({"data": []}, "data: found []; expected datasets"),
    ],
)
def test_a_mistake_is_one_line_with_the_file_and_the_key(change, said, tmp_path):
    file = write(tmp_path, {**MINIMAL, **change})
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        read_run_file(file)
    assert "\n" not in str(caught.value)
    key = next(iter(change))
    assert str(file) in str(caught.value) and (key in str(caught.value) or key == "engine")


def test_an_option_that_no_toml_can_hold_is_refused(tmp_path):
    file = write(tmp_path, 'data = "a"\nsplit = "b"\nout = "c"\n[options.smie]\nepochs = 2026-01-01\n')
    with pytest.raises(InputError, match="expected numbers, texts, true, false, lists or tables"):
        read_run_file(file)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"--split is missing; .* the key split in .*run\.toml"):
        read_run_file(write(tmp_path, {"data": "synthetic", "out": "a"}))
    with pytest.raises(InputError, match="neither --data nor --features is given"):
        read_run_file(write(tmp_path, {"split": "demo", "out": "a"}))
    with pytest.raises(InputError, match="--masked-views: found 0"):
        read_run_file(write(tmp_path, MINIMAL), {"masked_views": 0})


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"data = ",
        b"a = " + b"[" * 5000,
        b"\0",
        b"a.b = 1\na.b.c = 2",
        b"seeds = " + b"9" * 5000,
        b"[" * 99,
    ],
)
def test_hostile_files_are_refused_in_one_line(content, tmp_path):
    file = tmp_path / "run.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"run\.toml") as caught:
        read_run_file(file)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_run_files_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match="no such file; expected a run file"):
        read_run_file(tmp_path / "none.toml")
    with pytest.raises(MissingFileError):
        read_run_file(tmp_path)
    with pytest.raises(InputError, match=r"bytes; expected a run file .* at most"):
        read_run_file(write(tmp_path, f"# {'x' * 2**18}"))


SCALARS = st.one_of(
    st.booleans(), st.integers(-3, 5), st.floats(), st.text(max_size=4), st.sampled_from(["ridge", "all", "null"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "ridge", "x"]), inner),
    max_leaves=5,
)
KEYS = [field.metadata["key"] or field.name for field in attrs.fields(BenchmarkRun)]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2))
def test_any_values_give_a_run_or_one_line(tmp_path_factory, change):
    folder = tmp_path_factory.mktemp("runs")
    try:
        described = read_run_file(write(folder, {**MINIMAL, "methods": "ridge", **change}))
    except InputError as error:
        assert str(error).count("\n") == 0
    else:
        assert read_run_file(write(folder, described.to_toml())).to_toml() == described.to_toml()


@pytest.mark.slow("several whole runs of the benchmark")
def test_a_run_file_and_flags_give_the_same_cells_and_resume(feature_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = (
        f"--features {feature_folder} --split synse-5 --methods ridge,conse:top=3 --seeds 0 --set ridge.text_penalty=2"
    )
    assert run(*shlex.split(flags), "--out", "flags", "--cache", "cache") == 0
    written = Path("flags/run.toml").read_text()
    results = Path("flags/results.jsonl").read_text()
    assert run("flags/run.toml") == 0
    assert Path("flags/run.toml").read_text() == written
    assert Path("flags/results.jsonl").read_text() == results
    table = {
        "features": str(feature_folder),
        "split": "synse-5",
        "methods": ["ridge", {"name": "conse", "options": {"top": 3}}],
        "options": {"ridge": {"text_penalty": 2}},
        "seeds": 0,
        "cache": "cache",
        "out": "file",
    }
    assert run(write(tmp_path, table)) == 0
    cells = [re.findall(r'"cell": "(\w+)"', Path(folder, "results.jsonl").read_text()) for folder in ("flags", "file")]
    assert cells[0] == cells[1] and len(cells[0]) == 2
    assert Path("file/run.toml").read_text() == written.replace('"flags"', '"file"')


def test_nothing_is_written_for_a_wrong_file(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(write(tmp_path, {**MINIMAL, "seed": 1})) == 2
    assert "unknown key 'seed'; did you mean 'seeds'?" in capsys.readouterr().err
    assert run(write(tmp_path, {**MINIMAL, "split": "nope"})) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["run.toml"]


@pytest.mark.slow("several whole runs of the benchmark")
def test_the_example_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert run(write(tmp_path, example), "--cache", "cache") == 0
    described = read_run_file(Path("runs/first/run.toml"))
    assert len(Path("runs/first/results.jsonl").read_text().splitlines()) == 8
    assert described == attrs.evolve(read_run_file(tmp_path / "run.toml"), cache=Path("cache"))


def test_the_page_names_every_key():
    text = PAGE.read_text(encoding="utf-8")
    for key in KEYS:
        assert f"`{key}`" in text or key == "options"
