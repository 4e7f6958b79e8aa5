"""Blocked or broken storage, odd characters, refused words and fast streams do not break the page."""

import json
from itertools import pairwise

import pytest

pytestmark = pytest.mark.slow("a browser and a server start")

BLOCK = """for (const kind of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, kind, { get() { throw new DOMException("blocked", "SecurityError"); } });"""


def test_the_page_works_where_storage_is_blocked(open_page):
    visit = open_page(fresh=True)
    visit.page.add_init_script(BLOCK)
    visit.page.reload()
    visit.answered()
    visit.add("juggle")
    visit.settled()
    assert "juggle" in visit.shares()
    visit.page.get_by_role("button", name="Dark").click()
    visit.choose_clip(1)


def test_broken_storage_is_repaired(open_page):
    visit = open_page()
    for stored in ("[{}]", "[1, null]", "{", '"x"', '[{"name": "squat", "texts": 3}, {"name": "kick"}]', "null"):
        visit.answered()
        visit.page.evaluate(
            """stored => {
                for (const key of ["actions", "threshold", "theme"]) localStorage.setItem(`zeroskel.${key}`, stored);
                sessionStorage.setItem("zeroskel.answers", stored);
            }""",
            stored,
        )
        visit.page.reload()
        visit.answered()
        assert visit.chips(), stored
        assert all(name for name in visit.chips()), stored


def test_an_odd_character_blocks_nothing(open_page):
    visit = open_page()
    visit.answered()
    visit.only("squat", "run")
    for typed in (
        "kick\u200ca ball",
        "kick\u00ad a ball",
        "\U0001f468\u200d\U0001f469 kick a ball",
        "\ufeffthrow\u2028a ball\u0007",
    ):
        visit.add(typed)
        visit.settled()
        assert visit.says("best") != "No answer yet"
        assert visit.page.locator("#problem").is_hidden()
    visit.page.reload()
    visit.answered()
    visit.settled()
    assert sum("ball" in name for name in visit.chips()) == 4


def test_one_name_that_the_server_cannot_use_does_not_block_the_others(open_page):
    visit = open_page()
    visit.answered()

    def answer(route):
        body = route.request.post_data_json
        index = next(number for number, action in enumerate(body["actions"]) if action == "unsayable")
        body["actions"].pop(index)
        response = route.fetch(post_data=json.dumps(body))
        problem = {"index": index, "name": "unsayable", "reason": "unusable", "detail": "it has no letters"}
        route.fulfill(response=response, json={**response.json(), "name_problems": [problem]})

    visit.page.route("**/predict", answer)
    visit.add("unsayable")
    visit.wait("document.querySelector('#bars').textContent.includes('it has no letters')")
    assert visit.says("best") != "No answer yet"


def test_captions_are_taken_away_with_the_answer(open_page):
    visit = open_page()
    visit.answered()
    refusal = json.dumps({"detail": "The actions are not usable."})
    visit.page.route(
        "**/predict", lambda route: route.fulfill(status=422, content_type="application/json", body=refusal)
    )
    visit.add("juggle")
    visit.wait("document.querySelector('#best').textContent === 'No answer yet'")
    assert "not usable" in visit.says("how")
    assert "“" not in visit.says("curve-says")
    assert "“" not in visit.says("parts-says")
    assert visit.says("bars-title") == "How well each fits"
    assert visit.page.locator("#shown li, #for li, #numbers tr, .segment, #curve .line").count() == 0


def test_a_stream_is_announced_rarely(open_page):
    """The live region says at most one answer in three seconds, and never the same twice in a row."""
    visit = open_page()
    visit.answered()
    visit.page.evaluate(
        """() => {
            window.spoken = [];
            const hear = () => [document.querySelector("#spoken").textContent, performance.now()];
            new MutationObserver(() => window.spoken.push(hear()))
                .observe(document.querySelector("#spoken"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelector('#bars-title').textContent.endsWith('now')")
    visit.wait("parseFloat(document.querySelector('#clock').textContent) > 4")
    spoken = visit.page.evaluate("window.spoken")
    for (text, moment), (next_text, next_moment) in pairwise(spoken):
        assert text != next_text
        assert next_moment - moment > 2900
    assert visit.page.locator("[aria-live]").count() == 0, "no other part of the page is announced"


def test_a_link_brings_the_example_and_the_actions(open_page, server):
    visit = open_page()
    visit.answered()
    visit.only("squat", "greet: wave a hand; raise a hand")
    visit.choose_clip(2)
    visit.page.get_by_role("button", name="Copy link").click()
    visit.wait("document.querySelector('#source-note').textContent.length > 30")
    link, example = visit.page.evaluate("location.href"), visit.page.locator("#clips").input_value()
    other = open_page()
    other.page.goto("about:blank")
    other.page.goto(link)
    other.answered()
    assert other.page.locator("#clips").input_value() == example
    assert {name.removesuffix("2 more wordings") for name in other.chips()} == {"squat", "greet"}


def test_shortcuts_work_outside_fields_and_can_be_switched_off(open_page):
    visit = open_page()
    visit.answered()
    keys = visit.page.keyboard
    keys.press("/")
    keys.type("n/?")
    field = visit.page.get_by_label("An action in your words")
    assert field.input_value() == "n/?"
    field.fill("")
    visit.page.locator("#scrub").focus()
    first = visit.page.locator("#clips").input_value()
    keys.press("n")
    visit.wait(f"document.querySelector('#clips').value !== {json.dumps(first)}")
    visit.answered()
    at = visit.page.locator("#scrub").input_value()
    keys.press(",")
    assert int(visit.page.locator("#scrub").input_value()) == int(at) - 1
    keys.press("?")
    visit.page.get_by_label("Use these shortcuts").click()
    visit.page.get_by_role("button", name="Close").click()
    visit.page.locator("#scrub").focus()
    keys.press(",")
    assert int(visit.page.locator("#scrub").input_value()) == int(at) - 1


def test_two_motions_are_compared_on_one_clock(open_page, clip_file):
    visit = open_page(width=390)
    visit.answered()
    visit.page.get_by_role("button", name="Compare").click()
    visit.wait("/sure|None/.test(document.querySelector('#caption-2').textContent)")
    end = visit.page.locator("#canvas-2").screenshot()
    visit.page.locator("#scrub").focus()
    visit.page.keyboard.press("Home")
    assert visit.page.locator("#canvas-2").screenshot() != end
    visit.page.locator("#file-2").set_input_files(clip_file)
    visit.wait("document.querySelector('#canvas-2').getAttribute('aria-label').includes('my squat.json')")
    lengths = visit.says("clock").split(" of ")
    assert float(lengths[1].removesuffix(" s")) >= 2.0
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.page.get_by_role("button", name="Compare").click()
    assert visit.page.locator("#view-2").is_hidden()


def test_an_example_that_arrives_late_does_not_replace_a_file(open_page, clip_file):
    visit = open_page()
    visit.answered()
    held = []
    visit.page.route("**/clips/*", lambda route: held.append(route))
    visit.page.locator("#clips").select_option(index=3)
    visit.choose_file(clip_file)
    visit.wait("document.querySelector('#reading').textContent.includes('my squat.json')")
    with visit.page.expect_response("**/clips/*") as late:
        held[0].continue_()
    late.value.finished()
    visit.next_frame()
    assert "my squat.json" in visit.says("reading")
