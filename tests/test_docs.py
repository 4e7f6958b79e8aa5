"""What the documentation shows, runs."""

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


@pytest.mark.slow
@pytest.mark.parametrize("page", [name for name, blocks in BLOCKS.items() if blocks])
def test_python_of_the_docs_runs(page, tmp_path):
    """The blocks of a page one after the other, as a reader types them."""
    run("\n".join(BLOCKS[page]), tmp_path)


def test_a_new_method_takes_at_most_forty_lines():
    """The block also registers the method and fits it on toy data."""
    (block,) = [block for block in BLOCKS["methods.md"] if "align.register(" in block]
    assert "NeuralAligner" in block
    assert len(block.splitlines()) <= 40


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_run_and_say_something(example, tmp_path):
    assert run(example.read_text(encoding="utf-8"), tmp_path).strip()


def test_the_readme_quotes_the_quickstart():
    quickstart = (PROJECT / "examples" / "quickstart.py").read_text(encoding="utf-8")
    assert f"```python\n{quickstart}```" in (PROJECT / "README.md").read_text(encoding="utf-8")


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
