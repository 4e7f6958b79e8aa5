"""The public names of zeroskel, and the page that lists them: `python tools/public_api.py` writes docs/reference.md."""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "zeroskel"
PAGE = ROOT / "docs" / "reference.md"
PACKAGES = (
    "zeroskel",
    "zeroskel.core",
    "zeroskel.skeleton",
    "zeroskel.skeleton.formats",
    "zeroskel.skeleton.transforms",
    "zeroskel.skeleton.video",
    "zeroskel.datasets",
    "zeroskel.datasets.synthetic",
    "zeroskel.text",
    "zeroskel.encoders",
    "zeroskel.align",
    "zeroskel.evaluate",
    "zeroskel.features",
    "zeroskel.benchmark",
    "zeroskel.recognition",
    "zeroskel.report",
    "zeroskel.plot",
)


def public_names() -> dict[str, dict[str, Any]]:
    """Return package -> name -> object for every name that a package lists in `__all__`, each once.

    A name that a package exports again belongs to the first package of `PACKAGES` that lists it, except for the names
    of `zeroskel` itself, which belong to the package that defines them.
    """
    listed: dict[str, dict[str, Any]] = {}
    seen: set[int] = set()
    for package in (*PACKAGES[1:], PACKAGES[0]):
        module = import_module(package)
        values = {name: getattr(module, name) for name in sorted(module.__all__)}
        listed[package] = {name: value for name, value in values.items() if id(value) not in seen}
        seen |= {id(value) for value in listed[package].values() if not isinstance(value, (str, int, float))}
    return {package: names for package, names in listed.items() if names}


def module_level_names(path: Path) -> list[str]:
    """Return the names of functions and classes that a file defines at its top level and does not underscore."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in body if isinstance(node, definitions) and not node.name.startswith("_")]


def internal_names_without_underscore() -> list[str]:
    """Return file:name for what is neither public nor underscored nor in an underscored module; app/ is internal."""
    public = {name for names in public_names().values() for name in names}
    exposed = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).parts
        if parts[0] in ("app", "resources") or any(part.startswith("_") and part != "__init__.py" for part in parts):
            continue
        exposed += [f"{'/'.join(parts)}:{name}" for name in module_level_names(path) if name not in public]
    return exposed


def is_documented(value: Any) -> bool:
    """Return whether a value is a class or a function, perhaps with a cache around it, and has a docstring."""
    return inspect.isclass(value) or inspect.isfunction(inspect.unwrap(value))


def summary(value: Any) -> str:
    """Return the first line of a docstring; for a constant its type."""
    if is_documented(value):
        first_paragraph = (inspect.getdoc(value) or "").partition("\n\n")[0]
        return " ".join(first_paragraph.split())
    return f"A constant of type `{type(value).__name__}`."


def reference_page() -> str:
    """Return the text of docs/reference.md."""
    lines = [
        "# Reference",
        "",
        "The public API: every name that a person calls. Names that begin with an underscore, modules that begin with",
        "an underscore, and everything in `zeroskel.app` are internal and may change without notice. Each docstring",
        "has the shapes, the units, the errors and an example: `help(zeroskel.read)`.",
        "",
        "This page is written by `python tools/public_api.py`, and a test compares it with the code.",
    ]
    for package, names in sorted(public_names().items()):
        lines += ["", f"## {package}", "", "| name | summary |", "|---|---|"]
        lines += [f"| `{name}` | {summary(value).replace('|', chr(92) + '|')} |" for name, value in names.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(reference_page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
