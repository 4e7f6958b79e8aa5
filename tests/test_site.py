"""The documentation site builds strictly, documents every public name and command, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tools"))

import public_api  # noqa: E402
import site_pages  # noqa: E402

pytestmark = pytest.mark.slow("the build reads all docstrings: about ten seconds")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the site; broken links, anchors and pages outside the navigation end the build."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=PROJECT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Resources(HTMLParser):
    """Addresses that a browser loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "video"):
            self.addresses.append(values.get("src") or "")
        if tag == "link" and values.get("rel") != "canonical":
            self.addresses.append(values.get("href") or "")


def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        resources = Resources()
        resources.feed(page.read_text(encoding="utf-8"))
        assert not [address for address in resources.addresses if "//" in address], page


@pytest.mark.parametrize("package", public_api.public_names())
def test_every_public_name_has_its_place_on_the_page_of_its_package(site, package):
    text = (site / site_pages.page_name(package).removesuffix(".md") / "index.html").read_text(encoding="utf-8")
    missing = [name for name in public_api.public_names()[package] if f'id="{package}.{name}"' not in text]
    assert not missing


def test_every_command_is_on_the_page_of_the_command_line(site):
    from zeroskel.app.cli import app
    from zeroskel.app.data_commands import data_app

    text = (site / "command-line" / "index.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h[23][^>]*><code>zeroskel ([a-z -]+)</code>", text)
    commands = [command.name or command.callback.__name__ for command in app.registered_commands]
    commands += [f"data {command.name or command.callback.__name__}" for command in data_app.registered_commands]
    assert set(headings) == {*commands, "data"}
    assert not re.search(r"<li><code>[a-z]+</code>: [^<]*\.\.\.</li>", text), "a summary is cut off"


def test_the_search_index_knows_pages_and_names(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for word in ("jensen_shannon", "Kite", "kinect-20"):
        assert word in index
