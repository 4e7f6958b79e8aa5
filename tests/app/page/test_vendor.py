"""Vendored code is what vendored.toml records, and the page loads no code from other servers."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "src" / "zeroskel" / "app" / "page"
VENDOR = PAGE / "vendor"
PAGE_SOURCES = sorted(
    path for path in [*PAGE.iterdir(), *(PAGE / "texts").iterdir()] if path.suffix in {".js", ".css", ".html"}
)


def recorded_files() -> list[dict[str, str]]:
    return tomllib.loads((VENDOR / "vendored.toml").read_text(encoding="utf-8"))["file"]


def test_every_vendored_file_has_the_recorded_sha256():
    hashes = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "vendored.toml"
    }
    assert hashes == {entry["name"]: entry["sha256"] for entry in recorded_files()}


def test_versions_agree_with_the_lock_file():
    packages = json.loads((PROJECT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for entry in recorded_files():
        assert packages[f"node_modules/{entry['package']}"]["version"] == entry["version"]
    assert not any("resolved" in package for package in packages.values())
    assert all(name == "" or "integrity" in package for name, package in packages.items())


def test_vendored_code_is_small_and_comes_with_its_licence():
    assert sum(path.stat().st_size for path in VENDOR.iterdir()) < 1_500_000
    assert "Permission is hereby granted, free of charge" in (VENDOR / "LICENSE-three.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", PAGE_SOURCES, ids=lambda path: path.name)
def test_the_page_names_no_outside_address_and_nothing_inline(file):
    text = file.read_text(encoding="utf-8").replace('"http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|innerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)
    if file.suffix == ".html":
        assert not re.search(r"<style|style=|\son\w+=|<script>|importmap", text)


@pytest.mark.parametrize("file", PAGE_SOURCES, ids=lambda path: path.name)
def test_modules_and_files_of_the_page_stay_short(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 350
