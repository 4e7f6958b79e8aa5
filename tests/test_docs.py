"""The examples of the documentation run, and its lists match the code."""

import ast
import itertools
import json
import multiprocessing
import re
import runpy
import sys
from pathlib import Path

import pytest

from zeroskel import align, encoders
from zeroskel.benchmark import read_folders
from zeroskel.core import available_layouts
from zeroskel.report import write_report

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tools"))

import page_examples  # noqa: E402
import site_pages  # noqa: E402

FILES_OF_PROJECT = [PROJECT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES = [*FILES_OF_PROJECT, *sorted((PROJECT / "docs").rglob("*.md"))]
NEED_FILES = ("onnx_scores.py",)  # run by tests/recognition/test_export.py
EXAMPLES = sorted(path for path in (PROJECT / "examples").glob("*.py") if path.name not in NEED_FILES)


def name_of(page: Path) -> str:
    """Return the path of a page as the reader sees it."""
    return str(page.relative_to(PROJECT)).removeprefix("docs/")


BLOCKS = {name_of(page): page_examples.blocks(page) for page in PAGES}

# A server process imports what most examples need, once, and forks a process for each example.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["torch", "sklearn.linear_model", "matplotlib.figure", "sentence_transformers", "zeroskel.recognition._recognizer"]
)
RUN = """
import contextlib, os, sys, traceback
os.chdir({folder!r})
with open("printed.txt", "w") as printed, contextlib.redirect_stdout(printed):
    try:
        exec(compile({code!r}, "example", "exec"), {{"__name__": "__main__"}})
    except BaseException:
        traceback.print_exc(file=printed)
        sys.exit(1)
"""


def run(code: str, folder: Path) -> str:
    """Run code in a process of its own, in that folder, and return what it prints."""
    (folder / "run.py").write_text(RUN.format(folder=str(folder), code=code), encoding="utf-8")
    process = FORKS.Process(target=runpy.run_path, args=(str(folder / "run.py"),))
    process.start()
    process.join()
    printed = (folder / "printed.txt").read_text(encoding="utf-8")
    assert process.exitcode == 0, printed
    return printed


@pytest.mark.slow("each page and example runs in a process of its own")
@pytest.mark.parametrize("page", [name for name, blocks in BLOCKS.items() if blocks])
def test_examples_of_the_docs_run(page, tmp_path):
    """The examples of a page one after the other, as a reader types them."""
    path = PROJECT / page if page in ("README.md", "CONTRIBUTING.md") else PROJECT / "docs" / page
    run(page_examples.program(path), tmp_path)


def test_a_new_method_takes_at_most_forty_lines():
    """The block also registers the method and fits it on toy data."""
    (block,) = [block for _, block in BLOCKS["methods.md"] if "align.register(" in block]
    assert "NeuralAligner" in block
    assert len(block.splitlines()) <= 40


@pytest.mark.slow("each page and example runs in a process of its own")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_run_and_say_something(example, tmp_path):
    assert run(example.read_text(encoding="utf-8"), tmp_path).strip()


@pytest.mark.parametrize(("page", "example"), [("README.md", "quickstart.py"), ("docs/timeline.md", "timeline.py")])
def test_a_page_quotes_its_example(page, example):
    code = (PROJECT / "examples" / example).read_text(encoding="utf-8")
    assert f"```python\n{code}```" in (PROJECT / page).read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere():
    """The build of the site checks anchors, too, but not the pages as they stand in the repository."""
    added = {PROJECT / "docs" / name for name in ("command-line.md", *site_pages.PROJECT_PAGES)}
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            path = (page.parent / target).resolve()
            assert path.exists() or path in added, f"{page.name} links to {target}"


def test_every_method_encoder_and_layout_is_documented():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in (*align.available(), *encoders.available(), *available_layouts()):
        assert f"`{name}`" in text, f"{name} is not in the docs"


def test_the_results_page_is_what_the_command_writes(tmp_path):
    folders = sorted(path.parent for path in (PROJECT / "docs" / "results").glob("*/results.jsonl"))
    assert folders
    results = read_folders(folders)
    write_report(results.records, tmp_path / "results.md", commands=results.commands)
    assert (tmp_path / "results.md").read_text() == (PROJECT / "docs" / "results.md").read_text()


def test_figures_in_sentences_are_those_of_the_table():
    """The command that renews docs/results/practice.json does not know these pages."""
    file = PROJECT / "docs" / "results" / "practice.json"
    facts = [of_set["withheld"] for of_set in json.loads(file.read_text(encoding="utf-8"))["sets"].values()]

    def between(*shares):
        numbers = sorted(round(100 * share) for share in shares)
        return f"between {numbers[0]} and {numbers[-1]}"

    accuracies = between(*(of_set["accuracy"] for of_set in facts))
    taught = between(*(of_set["examples"]["5"][0] for of_set in facts))
    errors = between(*(of_set["calibration_error"] for of_set in facts))
    sentence = (
        f"by names alone {accuracies} % of the recordings are named right, with five examples of each action {taught} %"
    )
    for page in ("README.md", "docs/index.md", "docs/about/limits.md"):
        assert sentence in (PROJECT / page).read_text(encoding="utf-8"), f"{page}: write {sentence!r}"
    assert f"{errors} points" in (PROJECT / "docs/concepts/calibration.md").read_text(encoding="utf-8"), errors


STOP = re.compile(r"^\d+\. `(?P<file>[\w/]+\.py)`, `(?P<name>[\w.]+)`: ")


def stops_of_walks() -> dict[str, list[tuple[str, str]]]:
    """Return walk -> its stops, each a file and a name in it, as docs/architecture.md lists them."""
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    sections = page.split("\n### ")[1:]
    return {
        section.partition("\n")[0]: [
            (match["file"], match["name"]) for line in section.splitlines() if (match := STOP.match(line))
        ]
        for section in sections
    }


def parsed(file: str) -> ast.Module:
    return ast.parse((PROJECT / "src" / "zeroskel" / file).read_text(encoding="utf-8"))


def defined_names(file: str) -> set[str]:
    names = set()
    for node in parsed(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{member.name}" for member in node.body if isinstance(member, ast.FunctionDef)}
    return names


def test_there_are_three_walks():
    assert len(stops_of_walks()) == 3


@pytest.mark.parametrize("walk", stops_of_walks())
def test_a_walk_has_at_most_eight_stops_and_never_goes_back(walk):
    stops = stops_of_walks()[walk]
    files = [file for file, _ in stops]
    assert 3 <= len(stops) <= 8
    assert len(set(files)) == len(files)
    for earlier, later in itertools.combinations(files, 2):
        imported = "zeroskel." + earlier.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        modules = {node.module for node in ast.walk(parsed(later)) if isinstance(node, ast.ImportFrom)}
        assert imported not in modules, f"{later} imports {earlier}"
    for file, name in stops:
        assert name in defined_names(file), f"{file} does not define {name}"
