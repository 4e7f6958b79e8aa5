"""The public API is what docs/reference.md lists, and each of its names is documented with an example that runs."""

import doctest
import inspect
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tools"))

import public_api  # noqa: E402

CALLABLES = {
    f"{package}.{name}": value
    for package, names in public_api.public_names().items()
    for name, value in names.items()
    if inspect.isclass(value) or inspect.isfunction(value)
}
DOCUMENTED = {  # with functions that keep their results
    f"{package}.{name}": inspect.unwrap(value)
    for package, names in public_api.public_names().items()
    for name, value in names.items()
    if public_api.is_documented(value)
}
NEEDS_NO_EXAMPLE = (BaseException,)


def test_the_page_is_what_the_command_writes():
    assert public_api.PAGE.read_text(encoding="utf-8") == public_api.reference_page()


def test_everything_else_is_underscored():
    assert not public_api.internal_names_without_underscore()


def test_the_public_api_is_small():
    assert len(CALLABLES) <= 180


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_a_public_name_has_an_example_that_runs(name, tmp_path, monkeypatch):
    value = DOCUMENTED[name]
    if inspect.isclass(value) and issubclass(value, NEEDS_NO_EXAMPLE):
        return
    monkeypatch.chdir(tmp_path)
    module = sys.modules[value.__module__]
    examples = doctest.DocTestFinder(recurse=False).find(value, name, module, globs={})
    assert any(test.examples for test in examples), f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for test in examples:
        runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_a_public_name_documents_its_arguments(name):
    value = DOCUMENTED[name]
    if inspect.isclass(value):
        return  # ruff's D417 checks the Args of a class against its docstring
    documentation = inspect.getdoc(value) or ""
    parameters = [p for p in inspect.signature(value).parameters if p not in ("self", "args", "kwargs", "options")]
    if parameters:
        assert "Args:" in documentation, f"{name} does not document {', '.join(parameters)}"
    if value.__annotations__.get("return") not in (None, "None"):
        assert any(section in documentation for section in ("Returns:", "Yields:")), f"{name} documents no result"
