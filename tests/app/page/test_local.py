"""A model that runs in the browser gives the same answers as the server."""

import pytest

pytestmark = pytest.mark.slow("a browser and a server start")

ACTIONS = ["squat", "wave both hands", "jump"]


@pytest.fixture(scope="module")
def exported(bundle, tmp_path_factory):
    from zeroskel import ZeroShotRecognizer
    from zeroskel.recognition.export import export_onnx

    graph = tmp_path_factory.mktemp("exported") / "small.onnx"
    return [graph, export_onnx(ZeroShotRecognizer.load(bundle), graph, actions=ACTIONS)]


def test_the_browser_and_the_server_agree(open_page, exported, installed):
    installed("onnx")
    visit = open_page()
    visit.answered()
    visit.only(*ACTIONS)
    visit.choose_clip(1)
    by_server, curve = visit.shares(), visit.page.locator("#curve .line.chosen").get_attribute("points").split()
    none = visit.says("none-value")
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.page.get_by_text("Run a model in this browser").click()
    visit.page.locator("#local").set_input_files(exported)
    visit.wait("document.querySelector('#local-note').textContent.includes('in this browser')")
    visit.wait("document.querySelector('#parts-says').textContent.includes('model in the browser')")
    visit.settled()
    assert visit.shares() == by_server
    assert visit.says("none-value") == none
    here = visit.page.locator("#curve .line.chosen").get_attribute("points").split()
    for one, other in zip(here, curve, strict=True):
        assert [float(x) for x in one.split(",")] == pytest.approx([float(x) for x in other.split(",")], abs=0.5)
    assert not [url for url in asked if "/api/predict" in url or "/api/explain" in url]
    visit.add("juggle")
    visit.wait("document.querySelector('#how').textContent.includes('is not an action of this model')")
    visit.page.get_by_role("button", name="Use the server again").click()
    visit.wait("document.querySelectorAll('#bars .bar').length === 3")
    assert set(visit.chips()) == set(ACTIONS)


def test_wrong_files_of_a_model_are_reported_in_one_line(open_page, tmp_path, installed):
    installed("onnx")
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    visit = open_page()
    visit.page.get_by_text("Run a model in this browser").click()
    visit.page.locator("#local").set_input_files([tmp_path / "a.onnx"])
    visit.wait("document.querySelector('#local-note').dataset.kind === 'wrong'")
    assert "Choose both files" in visit.says("local-note")
    (tmp_path / "a.onnx.json").write_text('{"format": 9, "input": "raw"}', encoding="utf-8")
    visit.page.locator("#local").set_input_files([tmp_path / "a.onnx", tmp_path / "a.onnx.json"])
    visit.wait("document.querySelector('#local-note').textContent.includes('expected format 1')")


def test_a_model_that_measures_nothing_says_so(open_page):
    visit = open_page()
    visit.choose_clip()
    visit.wait("document.querySelector('#shown-says').textContent.includes('does not describe')")
    assert visit.page.locator("#shown li").count() == 0
