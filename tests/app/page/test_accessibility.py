"""axe finds no violation in both colour schemes, for an answer, people, a stream, an error and without a server."""

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

pytestmark = pytest.mark.slow

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def empty(visit, _):
    visit.answered()
    visit.page.get_by_role("button", name="Remove all").click()
    visit.wait("document.querySelector('#best').textContent === 'No answer yet'")


def result(visit, _):
    visit.choose_clip()


def stream(visit, _):
    visit.choose_clip()
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelector('#bars-title').textContent.endsWith('now')")


def people(visit, folder):
    clips = [generate_sequence("squat", seed=3).joints[0] + np.array([metres, 0, 0], np.float32) for metres in (0, 2)]
    write(SkeletonSequence(np.stack(clips), "ntu-25"), folder / "two.json")
    visit.choose_file(folder / "two.json")
    assert visit.page.locator("#people li").count() == 2


def error(visit, folder):
    (folder / "holiday.bvh").write_bytes(b"no skeleton")
    visit.answered()
    visit.page.locator("#file").set_input_files(folder / "holiday.bvh")
    visit.page.locator("#problem").wait_for()


def opened(visit, _):
    """Open everything that can be opened."""
    visit.choose_clip()
    visit.page.get_by_role("button", name="Compare").click()
    visit.wait("document.querySelector('#caption-2').textContent !== ''")
    for summary in visit.page.locator("summary").all():
        summary.click()
    if visit.page.locator("#keys").is_visible():
        visit.page.locator("#keys").click()


def unavailable(visit, _):
    visit.answered()
    visit.page.route("**/clips/*", lambda route: route.abort())
    visit.page.locator("#clips").select_option(index=2)
    visit.page.locator("#banner").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "state", [empty, result, opened, people, stream, error, unavailable], ids=lambda state: state.__name__
)
def test_axe_finds_no_violation(open_page, tmp_path, state, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    visit = open_page(scheme=scheme, width=width)
    state(visit, tmp_path)
    report = Axe().run(visit.page, options=RULES)
    assert report.violations_count == 0, report.generate_report()
    assert len(report.response["passes"]) > 20
