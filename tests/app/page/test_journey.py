"""The page as a user sees it: in a real browser with the real server."""

import csv
import io
import json

import pytest

pytestmark = pytest.mark.slow

WEB = "**/page/web/**"


def test_the_first_screen_explains_what_to_do(open_page):
    visit = open_page()
    assert visit.says("best") == "No answer yet"
    assert "Drop a skeleton file" in visit.says("drop")
    assert "synthetic" in visit.page.locator(".clips legend").inner_text()
    assert "Nothing to see yet" in visit.says("teach")
    assert visit.chips(), "the first visit shows example actions"
    assert visit.page.locator("#model dd").count() > 2


def test_a_clip_is_answered_with_bars_a_curve_and_the_moment_it_was_clear(open_page):
    visit = open_page()
    title = visit.choose_clip()
    shares = visit.shares()
    assert list(shares) == sorted(shares, key=lambda name: -shares[name])
    assert set(shares) == set(visit.chips())
    assert 97 <= sum(shares.values()) <= 103
    assert visit.says("best") in {"None of these", next(iter(shares))}
    assert visit.page.locator("#curve .line").count() == len(shares)
    assert "nats" in visit.says("curve-says")
    assert "Clear from" in visit.says("when")
    assert visit.page.locator("#parts .bar").count() >= 5
    assert "ynthetic" in visit.says("source-note")
    row = visit.page.locator("#rows tr").first.locator("td").all_inner_texts()
    assert row[1] == title
    assert row[5].endswith(" s")


def test_an_action_can_be_asked_about(open_page):
    visit = open_page()
    visit.choose_clip()
    other = visit.page.locator("#bars .bar").nth(2)
    name = other.locator("span").nth(1).inner_text()
    other.click()
    visit.wait(f"document.querySelector('#curve-says').textContent.startsWith({json.dumps(f'“{name}”')})")
    assert other.get_attribute("aria-pressed") == "true"
    assert name in visit.says("parts-says")


def test_a_file_is_read_by_choosing_and_by_dropping(open_page, clip_file):
    visit = open_page()
    visit.page.locator("#file").set_input_files(clip_file)
    visit.answered()
    assert "2.00 s" in visit.says("clock")
    assert visit.page.locator("#rows tr td").nth(1).inner_text() == "my squat.json"
    visit.page.reload()
    visit.page.locator("#clips button").first.wait_for()
    data = visit.page.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'dropped.json')); return data; }",
        clip_file.read_text(encoding="utf-8"),
    )
    visit.page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    visit.answered()
    assert visit.page.locator("#rows tr td").nth(1).inner_text() == "dropped.json"


def test_a_broken_file_is_reported_in_one_line_and_the_answer_stays(open_page, tmp_path):
    wrong = tmp_path / "holiday.bvh"
    wrong.write_bytes(b"HIERARCHY\nROOT nothing\n{ no skeleton\n")
    visit = open_page()
    visit.choose_clip()
    before = visit.shares()
    visit.page.locator("#file").set_input_files(wrong)
    visit.wait("document.querySelector('#source-note').dataset.kind === 'wrong'")
    note = visit.says("source-note")
    assert "holiday.bvh" in note
    assert "\n" not in note
    assert visit.shares() == before


def test_actions_are_typed_removed_and_pasted_and_never_repeated(open_page):
    visit = open_page()
    visit.page.get_by_role("button", name="Remove all").click()
    assert visit.chips() == []
    visit.add("kick a ball", "kick a ball")
    assert "already in the list" in visit.says("action-note")
    visit.page.get_by_label("An action in your words").fill("")
    visit.add("greet: wave a hand; raise a hand")
    assert visit.chips()[1].startswith("greet")
    assert visit.page.locator("#chips small").inner_text() == "2 wordings"
    visit.page.get_by_label("An action in your words").evaluate(
        """field => { const data = new DataTransfer(); data.setData("text", "sit down\\njump\\n");
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""
    )
    assert visit.chips()[2:] == ["sit down", "jump"]
    visit.page.get_by_role("button", name="Remove sit down").click()
    visit.page.get_by_label("An action in your words").press("Backspace")
    assert visit.chips()[0] == "kick a ball"
    assert len(visit.chips()) == 2


def test_further_wordings_reach_the_server(open_page):
    visit = open_page()
    visit.page.get_by_role("button", name="Remove all").click()
    visit.add("squat", "greet: wave a hand; raise a hand")
    with visit.page.expect_request("**/api/predict") as asked:
        visit.choose_clip()
    assert asked.value.post_data_json["actions"] == [
        "squat",
        {"name": "greet", "texts": ["wave a hand", "raise a hand"]},
    ]
    assert set(visit.shares()) == {"squat", "greet"}


def test_html_that_is_typed_stays_text(open_page):
    visit = open_page()
    typed = '<img src="/api/health" onerror="alert(1)"><script>alert(2)</script>'
    visit.add(typed, "'\"><svg onload=alert(3)>")
    visit.choose_clip()
    assert typed in visit.chips()
    assert typed in visit.shares()
    assert visit.page.locator("main img, main script, #bars svg, #chips svg").count() == 0


def test_scrubbing_moves_the_skeleton_the_curve_and_the_bars(open_page):
    visit = open_page()
    visit.choose_clip()
    canvas, now = visit.page.locator("#canvas"), visit.page.locator("#curve .now")
    end, x_end, whole = canvas.screenshot(), float(now.get_attribute("x1")), visit.shares()
    visit.page.locator("#scrub").focus()
    visit.page.keyboard.press("Home")
    assert visit.says("clock").startswith("0.03 s")
    assert float(now.get_attribute("x1")) < x_end
    assert visit.says("bars-title").startswith("After 0.0 s")
    assert len(set(visit.shares().values())) == 1, "before the first observation every action has the same probability"
    for _ in range(20):
        visit.page.keyboard.press("ArrowRight")
    middle = canvas.screenshot()
    assert middle != end
    assert visit.page.locator("#scrub").get_attribute("aria-valuetext").startswith("0.70 s of")
    visit.page.keyboard.press("End")
    assert visit.shares() == whole


def test_play_runs_to_the_end_and_can_be_paused(open_page):
    visit = open_page(motion="no-preference")
    visit.choose_clip()
    play = visit.page.locator("#play")
    visit.wait("document.querySelector('#play').textContent === 'Play'")
    scrub = visit.page.locator("#scrub")
    assert scrub.input_value() == scrub.get_attribute("max")
    play.click()
    visit.wait("Number(document.querySelector('#scrub').value) > 3")
    play.click()
    paused = scrub.input_value()
    visit.page.wait_for_timeout(300)
    assert scrub.input_value() == paused != scrub.get_attribute("max")


def test_the_skeleton_turns_by_mouse_and_by_keys(open_page):
    visit = open_page()
    visit.choose_clip()
    canvas = visit.page.locator("#canvas")
    canvas.focus()
    visit.page.keyboard.press("0")  # from here on the ring of the keyboard's focus is there
    first = canvas.screenshot()
    visit.page.keyboard.press("ArrowLeft")
    turned = canvas.screenshot()
    visit.page.keyboard.press("0")
    assert turned != first
    assert canvas.screenshot() == first
    box = canvas.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=5)
    visit.page.mouse.up()
    assert canvas.screenshot() != first


def test_the_threshold_decides_about_none_of_these(open_page):
    visit = open_page()
    visit.choose_clip()
    slider = visit.page.locator("#threshold")
    assert slider.is_enabled()
    slider.focus()
    visit.page.keyboard.press("End")
    assert visit.says("threshold-value") == "100 %"
    assert visit.says("best") == "None of these"
    visit.page.keyboard.press("Home")
    assert visit.says("best") in visit.chips()
    likely = int("".join(filter(str.isdigit, visit.says("none-value"))))
    assert 0 <= likely <= 100


def test_a_recording_played_as_a_stream_is_named_while_it_runs(open_page):
    visit = open_page()
    title = visit.choose_clip()
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelector('#bars-title').textContent.startsWith('Now')")
    visit.wait("document.querySelector('#when').textContent === 'Settled.'")
    assert set(visit.shares()) == set(visit.chips())
    assert f"{title} (stream)" in visit.says("rows")
    visit.add("juggle with three balls")
    visit.wait("document.querySelector('#bars').textContent.includes('juggle with three balls')")
    visit.page.get_by_role("button", name="Stop the stream").click()
    visit.answered()
    assert "juggle with three balls" in visit.shares()
    assert visit.page.locator("#scrub").is_enabled()


def test_reload_brings_back_actions_threshold_clip_and_answers(open_page):
    visit = open_page()
    visit.add("juggle")
    visit.page.locator("#threshold").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.choose_clip(1)
    chips, threshold = visit.chips(), visit.says("threshold-value")
    noted = visit.page.locator("#rows tr").count()
    visit.page.reload()
    visit.answered()
    assert visit.chips() == chips
    assert visit.says("threshold-value") == threshold == "51 %"
    assert visit.page.locator("#clips button").nth(1).get_attribute("aria-pressed") == "true"
    assert visit.page.locator("#rows tr").count() == noted + 1


def test_answers_are_saved_as_csv_and_json(open_page):
    visit = open_page()
    visit.add("=1+1", 'say "hi", twice')
    visit.choose_clip()
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save as CSV").click()
    lines = list(csv.DictReader(io.StringIO(got.value.path().read_text(encoding="utf-8"))))
    assert {line["action"] for line in lines} == {*visit.chips(), "'=1+1"} - {"=1+1"}  # no formula for a spreadsheet
    assert sum(float(line["probability"]) for line in lines) == pytest.approx(1, abs=1e-3)
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save as JSON").click()
    (answer,) = json.loads(got.value.path().read_text(encoding="utf-8"))
    assert answer["actions"] == visit.chips()
    assert answer["clear_from"] > 0
    visit.page.get_by_role("button", name="Delete all").click()
    assert visit.page.get_by_role("button", name="Save as CSV").is_disabled()


def test_the_page_continues_after_the_server_was_unavailable(open_page, restartable_server):
    visit = open_page(at=restartable_server)
    visit.choose_clip()
    restartable_server.stop()
    visit.add("juggle")
    visit.page.locator("#banner").wait_for()
    assert "does not answer" in visit.says("banner")
    restartable_server.start()
    visit.page.locator("#banner").wait_for(state="hidden")
    visit.wait("document.querySelector('#bars').textContent.includes('juggle')")


def test_a_stream_continues_after_the_server_was_unavailable(open_page, restartable_server):
    visit = open_page(at=restartable_server)
    visit.choose_clip()
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelector('#bars-title').textContent.startsWith('Now')")
    restartable_server.stop()
    visit.wait("document.querySelector('#source-note').textContent.includes('interrupted')")
    restartable_server.start()
    visit.wait("document.querySelector('#source-note').textContent === ''")
    seen = visit.says("clock")
    visit.wait(f"document.querySelector('#clock').textContent !== {json.dumps(seen)}")
    visit.page.get_by_role("button", name="Stop the stream").click()


def test_the_page_asks_for_the_token_until_it_is_right(open_page, guarded_server):
    visit = open_page(at=guarded_server, until="#token")
    for token in ("a-wrong-guess-of-it", guarded_server.token):
        visit.page.locator("#token").wait_for()
        visit.page.get_by_label("This server requires a token").fill(token)
        visit.page.keyboard.press("Enter")
    visit.choose_clip()
    assert visit.page.locator("#token").is_hidden()
    visit.page.reload()
    visit.answered()


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(open_page):
    visit, asked = open_page(), []

    def busy(route):
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
        else:
            detail = json.dumps({"detail": "The server is busy."})
            route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/json", body=detail)

    visit.page.route("**/api/predict", busy)
    visit.page.locator("#clips button").first.click()
    visit.page.locator("#banner").wait_for()
    assert visit.says("banner") == "The server is busy. Trying again in 1 s."
    visit.answered()
    assert visit.page.locator("#banner").is_hidden()


def test_without_the_pose_model_the_button_says_how_to_get_it(open_page):
    visit = open_page()
    visit.page.route(WEB, lambda route: route.fulfill(status=404))
    visit.page.get_by_role("button", name="Use the webcam").click()
    visit.wait("document.querySelector('#source-note').textContent.includes('make web')")


def test_one_action_is_answered_and_the_page_asks_for_a_second(open_page):
    visit = open_page()
    visit.page.get_by_role("button", name="Remove all").click()
    visit.add("squat")
    visit.page.locator("#clips button").first.click()
    visit.wait("document.querySelector('#curve-says').textContent.includes('second action')")
    assert visit.shares() == {"squat": 100}


def test_every_control_is_reached_by_keyboard(open_page):
    visit = open_page()
    page = visit.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        if page.evaluate("document.activeElement.dataset.clip !== undefined"):
            page.keyboard.press("Enter")
            visit.answered()
            break
    assert "file" in reached
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    for control in ("action", "canvas", "play", "scrub", "threshold", "csv", "bar"):
        assert control in reached, f"{control} is not reached by Tab"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_shifts_and_nothing_sticks_out(open_page, width):
    visit = open_page(width=width)
    visit.page.evaluate(
        """() => {
            window.shifted = 0;
            const watch = new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
            });
            watch.observe({ type: "layout-shift", buffered: true });
        }"""
    )
    visit.choose_clip()
    visit.page.wait_for_timeout(500)
    assert visit.page.evaluate("window.shifted") < 0.1
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_choice_of_colours_is_stored(open_page):
    visit = open_page(scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = visit.page.evaluate(paper)
    switch = visit.page.get_by_role("button", name="Dark colours")
    switch.click()
    dark = visit.page.evaluate(paper)
    assert dark != light
    assert switch.get_attribute("aria-pressed") == "true"
    visit.page.reload()
    assert visit.page.evaluate(paper) == dark
    switch.click()
    assert visit.page.evaluate(paper) == light


def test_dark_is_taken_from_the_system(open_page):
    light, dark = (open_page(scheme=scheme).page for scheme in ("light", "dark"))
    paper = "getComputedStyle(document.body).backgroundColor"
    assert light.evaluate(paper) != dark.evaluate(paper)
