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
    copied = [source for line in arguments_of("COPY") if "--from" not in line for source in shlex.split(line)[:-1]]
    assert set(copied) == {"constraints.txt", "dist/*.whl"}  # `make dist` writes the latter
    assert (PROJECT / "constraints.txt").exists() and not {"dist", *copied} & set(ignored)
    assert re.search(r"^dist:", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_it_installs_the_wheel_with_the_extra_serve_and_the_tested_versions():
    (extras,) = re.findall(
        r'pip install --quiet --no-cache-dir "\$\(ls \./\*\.whl\)\[(.*?)\]" -c constraints.txt', TEXT
    )
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extras == "serve" and "serve" in project["optional-dependencies"]


def test_it_runs_without_root_and_secrets_and_reports_its_health():
    assert arguments_of("FROM") == ["python:3.11-slim AS build", "python:3.11-slim"]
    assert arguments_of("USER") == ["10001"] and LINES.index("USER 10001") < next(
        number for number, line in enumerate(LINES) if line.startswith("ENTRYPOINT")
    )
    assert not any("TOKEN" in line for line in LINES if not line.startswith("#"))
    assert "/api/health" in arguments_of("HEALTHCHECK")[0]
    assert "serve" in arguments_of("ENTRYPOINT")[0]
