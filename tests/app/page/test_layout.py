"""The action field, the skeleton and the answer are in view together at all widths, and every text is in one table."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "src" / "zeroskel" / "app" / "page"
SIZES = [(360, 640), (390, 844), (768, 1024), (1024, 768), (1440, 900), (1920, 1080)]
TARGET = 44  # pixels


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_field_skeleton_and_answer_are_in_view_together(open_page, width, height):
    visit = open_page(width=width, height=height)
    visit.answered()
    for part in ("#canvas", "#best", "#how", "#action", "#bars .bar >> nth=0", "#lanes", "#play"):
        box = visit.page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part
        assert box["x"] + box["width"] <= width, part
    before = visit.page.evaluate("scrollY")
    visit.page.get_by_label("An action in your words").click()
    visit.page.keyboard.type("juggle with three balls")
    visit.page.keyboard.press("Enter")
    visit.settled()
    assert visit.page.evaluate("scrollY") == before == 0
    assert "juggle with three balls" in visit.shares()


@pytest.mark.slow
def test_what_is_touched_is_large_enough(open_page):
    visit = open_page(width=390)
    visit.answered()
    small = (
        visit.page.locator(".motion, .answer")
        .locator("button:visible, select:visible, input:visible")
        .evaluate_all(
            "(all) => all.filter((one) => !one.matches('.hidden, .plain, .segment, .menu button'))"
            ".filter((one) => one.getBoundingClientRect().height < 43.9).map((one) => one.id || one.className)"
        )
    )
    assert small == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_field_answers_at_once(open_page, scheme):
    """A typed action has its row within 100 ms of the key, however long its percentage takes."""
    visit = open_page(scheme=scheme)
    visit.answered()
    visit.page.get_by_label("An action in your words").fill("juggle")
    waited = visit.page.evaluate(
        "() => { const field = document.querySelector('#add'); const from = performance.now(); field.requestSubmit();"
        " const there = document.querySelector('#bars .name').textContent; return [there, performance.now() - from]; }"
    )
    assert waited[0] == "juggle"
    assert waited[1] < 100


def keys_used() -> set[str]:
    scripts = [path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")]
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    used = set(re.findall(r'data-t(?:-\w+)?="([^"]+)"', html))
    for script in scripts:
        used.update(re.findall(r'"([a-z]+(?:[.-][\w-]+)*)"', script))
        for start, end in re.findall(r"`([a-z]+\.)\$\{[^`]*?\}(\.?\w*)`", script):
            used.update(key for key in table() if key.startswith(start) and key.endswith(end))
        used.update(f"{key}.{form}" for key in re.findall(r'count\("([\w.-]+)"', script) for form in ("one", "many"))
    return used


def table() -> dict[str, str]:
    text = (PAGE / "texts" / "en.js").read_text(encoding="utf-8")
    pairs = re.findall(r'^  (?:"([^"]+)"|([a-z]+)): "((?:[^"\\]|\\.)*)",$', text, re.MULTILINE)
    return {quoted or plain: value for quoted, plain, value in pairs}


def test_every_text_of_the_page_is_in_the_table_and_every_entry_is_used():
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'data-t(?:-\w+)?="([^"]+)"', html))
    for path in PAGE.glob("*.js"):
        asked.update(re.findall(r'\bt\("([\w.-]+)"', path.read_text(encoding="utf-8")))
    assert asked <= set(table()), asked - set(table())
    assert len(table()) > 150
    used = keys_used()
    unused = {key for key in table() if key not in used and not key.startswith(("percent", "parts."))}
    assert unused == set()


def test_the_page_speaks_everyday_english():
    """Terms of the field are only in the texts below "More"."""
    for key, text in table().items():
        if key.startswith(("numbers.", "local", "camera.model", "more.", "teach.save.title")):
            continue
        terms = re.findall(r"\b(nats|log-odds|presence|threshold|softmax|embedding|inference|logits|bundle)\b", text)
        assert not terms, f"{key}: {text}"
