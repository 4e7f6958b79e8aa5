"""axe finds no violation in both colour schemes, for an answer, people, a stream, an error and without a server."""

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

pytestmark = pytest.mark.slow("a browser and a server start")

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # what differs between light and dark colours


def result(visit, _):
    visit.answered()
    visit.page.locator("#shown li").first.wait_for()


def error(visit, folder):
    (folder / "holiday.bvh").write_bytes(b"no skeleton")
    visit.page.locator("#file").set_input_files(folder / "holiday.bvh")
    visit.page.locator("#problem").wait_for()


def people(visit, folder):
    clips = [generate_sequence("squat", seed=3).joints[0] + np.array([metres, 0, 0], np.float32) for metres in (0, 2)]
    write(SkeletonSequence(np.stack(clips), "ntu-25"), folder / "two.json")
    visit.choose_file(folder / "two.json")
    assert visit.page.locator("#people li").count() == 2


def stream(visit, _):
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelector('#bars-title').textContent.endsWith('now')")


def opened(visit, _):
    """Open everything that can be opened."""
    visit.page.get_by_role("button", name="Stop", exact=True).click()
    visit.choose_clip()
    visit.page.get_by_role("button", name="Compare").click()
    visit.wait("document.querySelector('#caption-2').textContent !== ''")
    for summary in visit.page.locator("summary").all():
        summary.click()
    if visit.page.locator("#keys").is_visible():
        visit.page.locator("#keys").click()


def unavailable(visit, _):
    if visit.page.locator("#shortcuts").is_visible():
        visit.page.get_by_role("button", name="Close").click()
    visit.page.route("**/clips/*", lambda route: route.abort())
    visit.page.locator("#clips").select_option(index=3)
    visit.page.locator("#banner").wait_for()


def empty(visit, _):
    visit.page.get_by_role("button", name="Remove all").click()
    visit.wait("document.querySelector('#best').textContent === 'No answer yet'")


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_violation_and_nothing_sticks_out(open_page, measuring_server, tmp_path, width):
    """In each state of one visit, axe applies all rules in light colours and that of contrast in dark ones."""
    from axe_playwright_python.sync_playwright import Axe

    visit, axe = open_page(width=width, at=measuring_server), Axe()
    for state in (result, error, people, stream, opened, unavailable, empty):
        state(visit, tmp_path)
        for scheme, rules in (("dark", CONTRAST), ("light", RULES)):
            visit.page.emulate_media(color_scheme=scheme)
            report = axe.run(visit.page, options=rules)
            assert report.violations_count == 0, f"{state.__name__}, {scheme}: {report.generate_report()}"
            assert report.response["passes"]
        assert len(report.response["passes"]) > 20
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, state.__name__
