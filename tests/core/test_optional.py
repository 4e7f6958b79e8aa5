"""A missing optional package is reported with the extra that installs it."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from zeroskel import align
from zeroskel.core import InputError
from zeroskel.core._optional import EXTRA_OF, import_optional

PROJECT = Path(__file__).resolve().parents[2]
EXTRAS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


@pytest.mark.parametrize("module", EXTRA_OF)
def test_the_extra_of_a_package_installs_it(module):
    names = {re.split(r"[>=<\[]", requirement)[0].replace("-", "_") for requirement in EXTRAS[EXTRA_OF[module]]}
    package = module.partition(".")[0]
    assert names & {package, f"{package}_sdk"}  # rerun comes with rerun-sdk


@pytest.mark.parametrize("module", EXTRA_OF)
def test_a_missing_package_names_its_extra_in_one_line(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match="The test needs the package") as error:
        import_optional(module, "The test")
    assert f"pip install 'zeroskel[{EXTRA_OF[module]}]'" in str(error.value) and "\n" not in str(error.value)


def test_an_installed_package_is_returned():
    assert import_optional("accelerate", "The test") is sys.modules["accelerate"]


def test_every_extra_that_the_project_names_exists():
    files = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "src").rglob("*.py")]
    for file in files:
        for extra in re.findall(r"zeroskel\[([a-z,]+)\]", file.read_text(encoding="utf-8")):
            assert set(extra.split(",")) <= set(EXTRAS), f"{file} names the extra {extra!r}, which does not exist"


def test_a_method_that_needs_torch_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "zeroskel.align.devise", raising=False)
    with pytest.raises(InputError, match=r"The method devise needs the package torch.*'zeroskel\[torch\]'"):
        align.method_class("devise")


def test_a_module_that_is_missing_for_another_reason_is_no_missing_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "zeroskel.align.ridge", None)
    with pytest.raises(ModuleNotFoundError):
        align.method_class("ridge")
