"""Pages that the documentation site adds to docs/: the API, the command line, examples and files of the project.

MkDocs calls the functions `on_…` (mkdocs.yml names this file as a hook).
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import public_api

ROOT = public_api.ROOT
PROJECT_PAGES = {  # page -> file at the root of the repository
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "code-of-conduct.md": "CODE_OF_CONDUCT.md",
    "security.md": "SECURITY.md",
}
EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def page_name(package: str) -> str:
    """Return the name of the page of a package, below docs/."""
    return f"api/{package.removeprefix('zeroskel.')}.md"


def api_page(package: str, names: dict[str, Any]) -> str:
    """Return the page of a package: its docstring, then each public name with the documentation from the code."""
    parts = [f"# {package}", (sys.modules[package].__doc__ or "").strip()]
    for name, value in names.items():
        heading = f"## {name} {{ #{package}.{name} }}"
        documented = public_api.is_documented(value)
        parts.append(f"::: {package}.{name}" if documented else f"{heading}\n\n{public_api.summary(value)}")
    return "\n\n".join(parts) + "\n"


def command_line_page() -> str:
    """Return the page of the command line, from the commands and their help."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from zeroskel.app.cli import app
    from zeroskel.app.options import add_help

    command = add_help(get_command(app))
    text = get_docs_for_click(obj=command, ctx=command.context_class(command, info_name="zeroskel"), name="zeroskel")
    text = _with_whole_summaries(text.replace("```console", "```"), command)
    return text.replace("# `zeroskel`\n", "# Command line\n", 1)


def _with_whole_summaries(text: str, command: Any) -> str:
    """Return the page with the whole summary of each command in its lists, which Typer shortens."""
    for name, subcommand in getattr(command, "commands", {}).items():
        summary = " ".join((subcommand.help or "").partition("\n\n")[0].split())
        text = re.sub(rf"^\* `{name}`: .*$", lambda _, line=f"* `{name}`: {summary}": line, text, flags=re.MULTILINE)
        text = _with_whole_summaries(text, subcommand)
    return text


def pages() -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the name below docs/ of each added page, and the function that writes it."""
    for package, names in public_api.public_names().items():
        yield page_name(package), lambda package=package, names=names: api_page(package, names)
    yield "command-line.md", command_line_page
    for name, file in PROJECT_PAGES.items():
        yield name, lambda file=file: project_page(file)


def project_page(file: str) -> str:
    """Return a file of the project with links that lead to pages of the site."""
    text = (ROOT / file).read_text(encoding="utf-8").replace("](docs/", "](")
    for page, linked in PROJECT_PAGES.items():
        text = text.replace(f"]({linked})", f"]({page})")
    return text


def with_links(reference: str) -> str:
    """Return docs/reference.md with a link from each name to its documentation."""
    lines, package = [], ""
    for line in reference.splitlines():
        if line.startswith("## "):
            package = line.removeprefix("## ")
        line = re.sub(r"^\| `(\w+)` ", rf"| [`\1`]({page_name(package)}#{package}.\1) ", line)
        lines.append(line)
    return "\n".join(lines) + "\n"


def on_files(files: Any, config: Any) -> Any:
    """Add the pages and the examples."""
    from mkdocs.structure.files import File

    for name, write in pages():
        files.append(File.generated(config, name, content=write()))
    for example in sorted((ROOT / "examples").iterdir()):
        files.append(File.generated(config, f"examples/{example.name}", abs_src_path=str(example)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to examples lead to their copies, and names of the reference to their documentation."""
    if page.file.src_uri == "reference.md":
        markdown = with_links(markdown)
    return markdown.replace("](../examples/", "](examples/")


def on_page_content(html: str, **_: Any) -> str:
    """Turn equations from TeX into MathML, which browsers show without scripts."""
    from html import unescape

    from latex2mathml.converter import convert

    def mathml(match: re.Match[str]) -> str:
        display = "block" if match[1] == "div" else "inline"
        return f'<{match[1]} class="equation">{convert(unescape(match[2]), display=display)}</{match[1]}>'

    return EQUATION.sub(mathml, html)
