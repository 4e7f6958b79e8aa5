"""Check names, docstrings and pages against the list of banned words: `python tools/check_language.py [PATH …]`.

Prints one line for each finding and exits with code 1 if there is any.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BANNED = tomllib.loads((ROOT / "tools" / "banned_words.toml").read_text(encoding="utf-8"))
PROSE = {re.compile(pattern, re.IGNORECASE): remedy for pattern, remedy in BANNED["prose"].items()}
DEFAULT_PATHS = ("src", "tests", "benchmarks", "examples", "docs", "tools", *map(str, ROOT.glob("*.md")))
EXEMPT_PARTS = {"resources", "vendor", "web", "results", "node_modules", "__pycache__"}


def named_nodes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of every identifier that a file binds or reads as an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def check_python(path: Path, text: str) -> Iterator[str]:
    """Yield findings about the identifiers and the docstrings of one Python file."""
    tree = ast.parse(text)
    for line, name in named_nodes(tree):
        remedy = BANNED["identifiers"].get(name.strip("_").lower())
        if remedy is not None:
            yield f"{path}:{line}: identifier {name!r}; write {remedy}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first_word = (ast.get_docstring(node) or "").partition(" ")[0]
            if first_word in BANNED["docstrings"]["begin"]:
                line = getattr(node, "lineno", 1)
                yield f"{path}:{line}: docstring begins with {first_word!r}; write a full sentence or a noun phrase"


def check_prose(path: Path, text: str) -> Iterator[str]:
    """Yield findings about the wording of one file."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, remedy in PROSE.items():
            if match := pattern.search(line):
                yield f"{path}:{number}: {match[0]!r}; write {remedy}"


def files_below(path: Path) -> Iterator[Path]:
    """Yield the Python and Markdown files of a folder, or the file itself."""
    candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in candidates:
        if file.suffix in {".py", ".md"} and not EXEMPT_PARTS & set(file.parts[:-1]):
            yield file


def main(paths: list[str]) -> int:
    """Check the files below the paths and return the exit code."""
    findings = []
    for path in paths or DEFAULT_PATHS:
        for file in files_below(Path(path)):
            text = file.read_text(encoding="utf-8")
            findings += check_prose(file, text)
            if file.suffix == ".py":
                findings += check_python(file, text)
    print("\n".join(findings) if findings else "no banned words")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
