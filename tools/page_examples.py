"""Examples of a page of the documentation, as one Python program; tests run it, and docs/images/draw.py as well."""

import re
import shlex
from pathlib import Path

BLOCK = re.compile(r"```(python|sh)\n(.*?)```", re.DOTALL)
COMMAND_LINE = """
def zeroskel_command(*arguments):
    from zeroskel.app.cli import main
    try:
        main(list(arguments))
    except SystemExit as end:
        assert not end.code, f"zeroskel {arguments} ended with {end.code}"
"""


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the language and the text of each example that a reader can run as it stands.

    Examples that need a file of the reader's are not marked as `python` or `sh`.
    """
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def program(page: Path) -> str:
    """Return the examples in their order. Commands run in the same process, which saves seconds of imports."""
    parts = [text if language == "python" else _as_python(text) for language, text in blocks(page)]
    return "\n".join([COMMAND_LINE, *parts])


def _as_python(commands: str) -> str:
    lines = [shlex.split(line, comments=True) for line in commands.replace("\\\n", " ").splitlines()]
    unknown = [line for line in lines if line and line[0] != "zeroskel"]
    if unknown:
        raise ValueError(f"{unknown[0]}: only commands of zeroskel can run")
    return "\n".join(f"zeroskel_command(*{line[1:]!r})" for line in lines if line)
