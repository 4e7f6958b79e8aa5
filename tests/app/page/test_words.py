"""The page says what the motion shows, as text, and what of it speaks for the action and for its rival."""

import pytest

pytestmark = pytest.mark.slow("a browser and a server start")


def phrases(visit, list_id):
    return visit.page.locator(f"#{list_id} li").all_inner_texts()


def open_with_actions(open_page, server, *actions, **options):
    visit = open_page(at=server, **options)
    visit.answered()
    visit.only(*actions)
    visit.wait(f"document.querySelectorAll('#curve .line').length === {len(actions)}")
    visit.page.locator("#shown li").first.wait_for()
    return visit


def test_the_answer_says_what_the_motion_shows(open_page, measuring_server):
    visit = open_with_actions(open_page, measuring_server, "wave both hands", "squat")
    shown = phrases(visit, "shown")
    assert shown[0].startswith("Both hands moving from side to side")
    assert shown[-1] == "Standing"
    assert visit.says("for-says") == "Speaks for “wave both hands” rather than “squat”:"
    assert 1 <= len(phrases(visit, "for")) <= 4
    visit.page.locator("#bars .bar").nth(1).click()
    visit.wait("document.querySelector('#against-says').textContent.startsWith('Speaks for “wave both hands”')")
    assert phrases(visit, "shown") == shown
    visit.page.get_by_role("button", name="Remove all").click()
    visit.page.locator("#shown li").first.wait_for(state="detached")
    assert "What was seen" in visit.says("shown-says")


def test_names_of_actions_stay_text(open_page, measuring_server):
    typed = '<img src="/api/health" onerror="alert(1)">'
    visit = open_with_actions(open_page, measuring_server, "wave both hands", typed)
    assert typed in visit.says("for-says")
    assert visit.page.locator(".words img").count() == 0
