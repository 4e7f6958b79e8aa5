"""The action field, the skeleton and the answer are in view together at all widths, and every text is in one table."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "src" / "zeroskel" / "app" / "page"
SIZES = [(360, 640), (390, 844), (768, 1024), (1024, 768), (1440, 900), (1920, 1080)]


@pytest.mark.slow("a browser and a server start")
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_field_skeleton_and_answer_are_in_view_together_and_nothing_shifts(open_page, measuring_server, width, height):
    visit = open_page(width=width, height=height, at=measuring_server)
    visit.page.evaluate(
        """() => {
            window.shifted = 0;
            const watch = new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
            });
            watch.observe({ type: "layout-shift", buffered: true });
        }"""
    )
    visit.answered()
    for part in ("#canvas", "#best", "#how", "#action", "#bars .bar >> nth=0", "#lanes", "#play"):
        box = visit.page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part
        assert box["x"] + box["width"] <= width, part
    if width < 500:
        assert small_targets(visit) == []
    visit.choose_clip(1)
    visit.wait("document.querySelector('#lanes-says').textContent !== 'Looking along the recording …'")
    before = visit.page.evaluate("scrollY")
    visit.page.get_by_label("An action in your words").click()
    visit.page.keyboard.type("juggle with three balls")
    visit.page.keyboard.press("Enter")
    visit.settled()
    assert visit.page.evaluate("scrollY") == before == 0
    assert "juggle with three balls" in visit.shares()
    assert visit.page.evaluate("window.shifted") < 0.01
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def small_targets(visit) -> list[str]:
    """Return the controls of motion and answer that are too small for a finger."""
    return (
        visit.page.locator(".motion, .answer")
        .locator("button:visible, select:visible, input:visible")
        .evaluate_all(
            "(all) => all.filter((one) => !one.matches('.hidden, .plain, .segment, .menu button'))"
            ".filter((one) => one.getBoundingClientRect().height < 43.9).map((one) => one.id || one.className)"
        )
    )


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


def test_the_browser_loads_all_modules_at_once():
    """Without the hints it would find modules only in the modules that import them, one round trip after another."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    hints = re.findall(r'rel="modulepreload" href="page/([^"]+)"', html)
    needed, waiting = set(), ["main.js", "early.js", "texts.js"]
    while waiting:
        module = waiting.pop()
        needed.add(module)
        if module.startswith("vendor/"):
            continue
        text = (PAGE / module).read_text(encoding="utf-8")
        imported = {
            (Path(module).parent / name).as_posix()
            for name in re.findall(r'^(?:import|\}) .*from "\./(.+)";', text, re.M)
        }
        waiting += imported - needed
    assert set(hints) == needed
    assert len(hints) == len(needed)


def test_the_server_reads_the_actions_of_the_first_visit_before_it_comes():
    from zeroskel.app.server.clips import FIRST_ACTIONS

    listed = re.search(r"const FIRST = \[(.*?)\];", (PAGE / "actions.js").read_text(encoding="utf-8"), re.DOTALL)
    assert re.findall(r'"([^"]+)"', listed[1]) == list(FIRST_ACTIONS)
