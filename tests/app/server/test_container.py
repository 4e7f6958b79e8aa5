"""What can be checked of the Containerfile without an engine to build it."""

import re
import shlex
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
TEXT = (PROJECT / "Containerfile").read_text(encoding="utf-8")
LINES = TEXT.replace("\\\n", " ").splitlines()


def of(instruction: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in LINES if line.startswith(f"{instruction} ")]


def test_what_is_copied_exists_and_is_not_ignored():
    ignored = (PROJECT / ".containerignore").read_text(encoding="utf-8").split()
    for copied in of("COPY"):
        for source in shlex.split(copied)[:-1]:
            assert (PROJECT / source).exists() and source not in ignored, source


def test_it_installs_as_the_makefile_does_less_the_tests():
    make = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"-m venv ", make) and "-m venv .venv" in TEXT
    installed = re.search(r'pip install --quiet -e "\.\[(.*?)\]" (-c \S+)', make)
    (ours,) = re.findall(r'pip install --quiet --no-cache-dir "\.\[(.*?)\]" (-c \S+)', TEXT)
    assert installed and set(ours[0].split(",")) == {"serve"} <= set(installed[1].split(","))
    assert ours[1] == installed[2]
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "serve" in extras


def test_it_runs_as_nobody_special_without_secrets_and_is_watched():
    assert of("FROM") == ["python:3.11-slim"]
    assert of("USER") == ["zeroskel"] and LINES.index("USER zeroskel") < next(
        number for number, line in enumerate(LINES) if line.startswith("ENTRYPOINT")
    )
    assert not any("TOKEN" in line for line in LINES if not line.startswith("#"))
    assert "/api/health" in of("HEALTHCHECK")[0]
    assert "serve" in of("ENTRYPOINT")[0]


def test_the_readme_that_the_build_needs_is_the_one_of_the_project():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    copied = {part for line in of("COPY") for part in shlex.split(line)[:-1]}
    assert {project["readme"], *project["license-files"], "pyproject.toml", "constraints.txt", "src"} <= copied
