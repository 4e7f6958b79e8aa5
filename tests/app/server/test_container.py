"""Checks of the Containerfile that need no container engine."""

import re
import shlex
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
TEXT = (PROJECT / "Containerfile").read_text(encoding="utf-8")
LINES = TEXT.replace("\\\n", " ").splitlines()


def arguments_of(instruction: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in LINES if line.startswith(f"{instruction} ")]


def test_what_is_copied_exists_and_is_not_ignored():
    ignored = (PROJECT / ".containerignore").read_text(encoding="utf-8").split()
    for copied in arguments_of("COPY"):
        for source in shlex.split(copied)[:-1]:
            assert (PROJECT / source).exists() and source not in ignored, source


def test_it_installs_as_the_makefile_does_without_the_test_extra():
    make = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"-m venv ", make) and "-m venv .venv" in TEXT
    installed = re.search(r'pip install --quiet -e "\.\[(.*?)\]" (-c \S+)', make)
    (image,) = re.findall(r'pip install --quiet --no-cache-dir "\.\[(.*?)\]" (-c \S+)', TEXT)
    assert installed and set(image[0].split(",")) == {"serve"} <= set(installed[1].split(","))
    assert image[1] == installed[2]
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "serve" in extras


def test_it_runs_without_root_and_secrets_and_reports_its_health():
    assert arguments_of("FROM") == ["python:3.11-slim"]
    assert arguments_of("USER") == ["zeroskel"] and LINES.index("USER zeroskel") < next(
        number for number, line in enumerate(LINES) if line.startswith("ENTRYPOINT")
    )
    assert not any("TOKEN" in line for line in LINES if not line.startswith("#"))
    assert "/api/health" in arguments_of("HEALTHCHECK")[0]
    assert "serve" in arguments_of("ENTRYPOINT")[0]


def test_the_readme_that_the_build_needs_is_the_one_of_the_project():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    copied = {part for line in arguments_of("COPY") for part in shlex.split(line)[:-1]}
    assert {project["readme"], *project["license-files"], "pyproject.toml", "constraints.txt", "src"} <= copied
