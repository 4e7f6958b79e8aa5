"""The examples of the documentation run, and its lists match the code."""

import ast
import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zeroskel import align, encoders
from zeroskel.benchmark import read_folders
from zeroskel.core import available_layouts
from zeroskel.report import write_report

PROJECT = Path(__file__).resolve().parent.parent
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
BLOCKS = {page.name: re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S) for page in PAGES}
NEED_FILES = ("onnx_scores.py",)  # run by tests/recognition/test_export.py
EXAMPLES = sorted(path for path in (PROJECT / "examples").glob("*.py") if path.name not in NEED_FILES)


def run(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow("each page and example runs in a process of its own")
@pytest.mark.parametrize("page", [name for name, blocks in BLOCKS.items() if blocks])
def test_python_of_the_docs_runs(page, tmp_path):
    """The blocks of a page one after the other, as a reader types them."""
    run("\n".join(BLOCKS[page]), tmp_path)


def test_a_new_method_takes_at_most_forty_lines():
    """The block also registers the method and fits it on toy data."""
    (block,) = [block for block in BLOCKS["methods.md"] if "align.register(" in block]
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
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


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
