"""Each person has a line in the answer, with the name and colour of the drawn skeleton."""

import pytest

pytestmark = pytest.mark.slow("a browser and a server start")

LINES = "#people li"


def open_two(visit, file):
    visit.answered()
    visit.only("squat", "wave both hands")
    visit.choose_file(file)


def colours(visit, selector: str) -> list[str]:
    return visit.page.locator(selector).evaluate_all("all => all.map(one => getComputedStyle(one).color)")


@pytest.mark.parametrize("width", [360, 1440])
def test_two_people_have_a_line_each_whose_name_and_colour_are_those_of_the_skeleton(open_page, two_people, width):
    visit = open_page(width=width)
    open_two(visit, two_people)
    lines = visit.page.locator(LINES)
    assert [line.split("\n")[0] for line in lines.all_inner_texts()] == ["person 1", "person 2"]
    assert "0.0 to 3.0 s" in lines.nth(0).inner_text()
    assert "1.0 to 3.0 s" in lines.nth(1).inner_text()
    assert colours(visit, f"{LINES} .person") == colours(visit, "#names .person")
    assert len(set(colours(visit, "#names .person"))) == 2
    assert visit.says("how").startswith(("Person 1: ", "Person 2: "))
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.page.locator("#scrub").press("Home")
    visit.wait("getComputedStyle(document.querySelector('#names').children[1]).display === 'none'")


def test_the_stream_answers_for_each_person(open_page, two_people):
    visit = open_page()
    open_two(visit, two_people)
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelectorAll('#people li').length === 2")
    assert all("certain" in line or "looking" in line for line in visit.page.locator(LINES).all_inner_texts())
    visit.page.get_by_role("button", name="Stop", exact=True).click()
    visit.answered()
    visit.wait("document.querySelector('#people').textContent.includes(' to ')")
    assert "1.0 to 3.0 s" in visit.page.locator(LINES).nth(1).inner_text()


def test_one_person_needs_no_name(open_page, two_people):
    visit = open_page()
    open_two(visit, two_people)
    visit.choose_clip()
    visit.wait("document.querySelector('#people').hidden")
    assert visit.page.locator("#names span").count() == 0
    assert not visit.says("how").startswith("Person")
