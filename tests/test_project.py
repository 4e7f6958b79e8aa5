"""The files of the project are valid and agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import zeroskel

PROJECT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def test_all_files_state_the_same_version():
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## \[([\d.]+)\]", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {SETTINGS["project"]["version"], str(citation["version"]), newest[1]} == {zeroskel.__version__}


def test_the_citation_has_what_its_format_requires():
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    (smie,) = citation["references"]
    assert {"type", "title", "authors"} <= smie.keys()
    assert len(smie["authors"]) == 6


@pytest.mark.parametrize("name", ["bug", "format", "idea"])
def test_an_issue_form_has_unique_fields_with_labels(name):
    form = yaml.safe_load((PROJECT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    identifiers = [field["id"] for field in form["body"]]
    assert len(set(identifiers)) == len(identifiers)
    assert all(field["attributes"]["label"] for field in form["body"])


def test_hooks_before_a_commit_run_the_tools_of_make_lint():
    settings = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    lint = (PROJECT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    for hook in settings["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].removesuffix(" --force-exclude") in lint


def test_every_dependency_of_an_extra_is_pinned():
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    for extra, requirements in SETTINGS["project"]["optional-dependencies"].items():
        names = {re.split(r"[\[>=<]", requirement)[0].lower().replace("_", "-") for requirement in requirements}
        assert names - {"zeroskel"} <= pinned, extra
