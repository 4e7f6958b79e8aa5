"""The page as a user sees it: in a real browser with the real server."""

import csv
import io
import json

import pytest

pytestmark = pytest.mark.slow("a browser and a server start")

WEB = "**/page/web/**"


def test_the_first_screen_shows_a_running_example_with_its_name(open_page, measuring_server):
    visit = open_page(motion="no-preference", at=measuring_server)
    visit.wait("/%/.test(document.querySelector('#how').textContent)")
    assert visit.says("best") == "wave both hands"
    assert visit.says("play") == "Pause"
    assert "nobody was filmed" in visit.says("source-note")
    for forbidden in ("nats", "log-odds", "calibrat", "presence", "threshold", "stream", "settled"):
        assert forbidden not in visit.page.locator(".motion, .answer").all_inner_texts()[0].lower()


def test_every_example_is_named_rightly_by_the_actions_of_the_first_visit(open_page, measuring_server):
    visit = open_page(at=measuring_server)
    named = {
        visit.choose_clip(index): visit.says("best") for index in range(visit.page.locator("#clips option").count() - 1)
    }
    assert len(named) >= 10
    words = {title: set(title.split()) for title in named}
    for title, best in named.items():
        assert set(best.replace("lift", "raise").split()) & words[title] - {"the", "a"}, f"{title}: {best}"


def test_an_example_is_answered_with_bars_a_curve_and_the_moment_it_was_clear(open_page):
    visit = open_page()
    title = visit.choose_clip()
    shares = visit.shares()
    assert list(shares) == sorted(shares, key=lambda name: -shares[name])
    assert set(shares) == set(visit.chips())
    assert visit.says("best") in {"None of these", next(iter(shares))}
    assert visit.page.locator("#curve .line").count() == len(shares)
    assert "% at the end" in visit.says("curve-says")
    assert "recognised" in visit.says("how") or visit.says("best") == "None of these"
    assert visit.page.locator("#parts .bar").count() >= 5
    assert "All 25 joints were seen" in visit.says("missing")
    row = visit.page.locator("#rows tr").first.locator("td").all_inner_texts()
    assert row[1] == title
    assert row[5].endswith(" s")


def test_an_action_can_be_asked_about(open_page):
    visit = open_page()
    visit.answered()
    other = visit.page.locator("#bars .bar").nth(2)
    name = other.locator(".name").inner_text()
    other.click()
    visit.wait(f"document.querySelector('#curve-says').textContent.startsWith({json.dumps(f'“{name}”')})")
    assert other.get_attribute("aria-pressed") == "true"
    assert name in visit.says("parts-says")
    visit.page.get_by_text("More: the numbers").click()
    assert visit.page.locator("#numbers tr").count() >= 5


def test_a_file_is_read_by_choosing_and_by_dropping(open_page, clip_file):
    visit = open_page()
    visit.choose_file(clip_file)
    assert visit.says("clock") == "2.0 of 2.0 s"
    assert visit.page.locator("#rows tr td").nth(1).inner_text() == "my squat.json"
    data = visit.page.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'dropped.json')); return data; }",
        clip_file.read_text(encoding="utf-8"),
    )
    visit.page.dispatch_event("#view", "drop", {"dataTransfer": data})
    visit.shown("dropped.json")
    assert visit.page.locator("#rows tr td").nth(1).inner_text() == "dropped.json"


def test_a_broken_file_is_reported_in_one_line_and_the_answer_stays(open_page, tmp_path):
    wrong = tmp_path / "holiday.bvh"
    wrong.write_bytes(b"HIERARCHY\nROOT nothing\n{ no skeleton\n")
    visit = open_page()
    visit.answered()
    before = visit.shares()
    visit.page.locator("#file").set_input_files(wrong)
    visit.page.locator("#problem").wait_for()
    problem = visit.says("problem-text")
    assert "holiday.bvh" in problem
    assert "\n" not in problem
    assert visit.shares() == before
    visit.choose_clip(2)
    assert visit.page.locator("#problem").is_hidden()


def test_actions_are_typed_removed_and_pasted_and_never_repeated(open_page):
    visit = open_page()
    visit.answered()
    visit.page.get_by_role("button", name="Remove all").click()
    assert visit.chips() == []
    visit.add("kick a ball", "Kick a  Ball")
    assert "already in the list" in visit.says("action-note")
    visit.page.get_by_label("An action in your words").fill("")
    visit.add("greet: wave a hand; raise a hand")
    assert visit.chips()[0].startswith("greet")
    assert visit.page.locator("#bars small").inner_text() == "2 more wordings"
    visit.page.get_by_label("An action in your words").evaluate(
        """field => { const data = new DataTransfer(); data.setData("text", "sit down\\njump\\n");
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""
    )
    assert set(visit.chips()) == {"kick a ball", "greet2 more wordings", "sit down", "jump"}
    visit.page.get_by_role("button", name="Remove sit down").click()
    assert set(visit.chips()) == {"kick a ball", "greet2 more wordings", "jump"}
    assert visit.page.evaluate("document.activeElement.className") == "remove"


def test_further_wordings_reach_the_server(open_page):
    visit = open_page()
    visit.answered()
    visit.only("greet: wave a hand; raise a hand", "squat")
    with visit.page.expect_request("**/api/**/predict") as asked:
        visit.choose_clip(1)
    wire = asked.value.post_data_json["actions"]
    assert {"name": "greet", "texts": ["wave a hand", "raise a hand"]} in wire
    assert "squat" in wire
    assert set(visit.shares()) == {"squat", "greet"}


def test_html_that_is_typed_stays_text(open_page):
    visit = open_page()
    typed = '<img src="/api/health" onerror="alert(1)"><script>alert(2)</script>'
    visit.add(typed, "'\"><svg onload=alert(3)>")
    visit.choose_clip(1)
    assert typed in visit.chips()
    assert typed in visit.shares()
    assert visit.page.locator("main img, main script, #bars svg").count() == 0


def test_scrubbing_moves_the_skeleton_the_curve_and_the_bars(open_page):
    visit = open_page()
    visit.answered()
    canvas, now = visit.page.locator("#canvas"), visit.page.locator("#curve .now")
    end, x_end, whole = canvas.screenshot(), float(now.get_attribute("x1")), visit.shares()
    visit.page.locator("#scrub").focus()
    visit.page.keyboard.press("Home")
    assert visit.says("clock").startswith("0.0 of")
    assert float(now.get_attribute("x1")) < x_end
    assert visit.says("bars-title").endswith("after 0.0 s")
    assert len(set(visit.shares().values())) == 1, "before the first observation every action has the same probability"
    for _ in range(20):
        visit.page.keyboard.press("ArrowRight")
    middle = canvas.screenshot()
    assert middle != end
    assert visit.page.locator("#scrub").get_attribute("aria-valuetext").startswith("0.7 of")
    visit.page.keyboard.press("End")
    assert visit.shares() == whole


def test_a_file_plays_once_an_example_again_and_both_can_be_paused(open_page, clip_file):
    visit = open_page(motion="no-preference")
    visit.wait("document.querySelector('#play').textContent === 'Pause'")
    visit.wait("document.querySelector('#scrub').value === document.querySelector('#scrub').max")
    visit.wait("Number(document.querySelector('#scrub').value) < 20")
    visit.choose_file(clip_file)
    play = visit.page.locator("#play")
    visit.wait("document.querySelector('#play').textContent === 'Play'")
    scrub = visit.page.locator("#scrub")
    assert scrub.input_value() == scrub.get_attribute("max")
    play.click()
    paused = visit.page.evaluate(
        """() => new Promise((done) => {
            const [play, scrub] = ["#play", "#scrub"].map((one) => document.querySelector(one));
            const pause = () => (play.click(), done(scrub.value));
            const step = () => (scrub.value > 3 && scrub.value !== scrub.max ? pause() : requestAnimationFrame(step));
            step();
        })"""
    )
    visit.next_frame()
    assert scrub.input_value() == paused


def test_the_skeleton_turns_by_mouse_and_by_keys(open_page):
    visit = open_page()
    visit.answered()
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
    visit.answered()
    slider = visit.page.locator("#threshold")
    assert slider.is_enabled()
    visit.page.get_by_text("More about this answer").click()
    slider.focus()
    visit.page.keyboard.press("End")
    assert visit.says("threshold-value") == "100 %"
    assert visit.says("best") == "None of these"
    visit.page.keyboard.press("Home")
    assert visit.says("best") in visit.chips()
    assert "%" in visit.says("none-value")


def test_a_recording_played_as_a_stream_is_named_while_it_runs(open_page):
    visit = open_page()
    visit.answered()
    visit.only("wave both hands", "squat", "run")
    title = visit.choose_clip(1)
    visit.page.get_by_role("button", name="Play live").click()
    visit.wait("document.querySelector('#bars-title').textContent.endsWith('now')")
    visit.wait("document.querySelector('#rows').textContent.includes('(live)')")
    assert set(visit.shares()) == set(visit.chips())
    assert f"{title} (live)" in visit.says("rows")
    visit.add("juggle with three balls")
    visit.wait("document.querySelector('#bars').textContent.includes('juggle with three balls')")
    visit.page.get_by_role("button", name="Stop", exact=True).click()
    visit.answered()
    assert "juggle with three balls" in visit.shares()
    assert visit.page.locator("#scrub").is_enabled()


def test_reload_brings_back_actions_threshold_clip_and_answers(open_page):
    visit = open_page()
    visit.add("juggle")
    visit.page.get_by_text("More about this answer").click()
    visit.page.locator("#threshold").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.choose_clip(1)
    chips, threshold = visit.chips(), visit.says("threshold-value")
    noted = visit.page.locator("#rows tr").count()
    visit.page.reload()
    visit.answered()
    assert set(visit.chips()) == set(chips)
    visit.page.get_by_text("More about this answer").click()
    assert visit.says("threshold-value") == threshold == "51 %"
    assert visit.page.locator("#clips").input_value() == visit.page.locator("#clips option").nth(2).get_attribute(
        "value"
    )
    assert visit.page.locator("#rows tr").count() >= noted + 1


def test_answers_are_saved_as_csv_and_json(open_page):
    visit = open_page()
    visit.answered()
    visit.page.get_by_role("button", name="Delete all").click()
    visit.add("=1+1", 'say "hi", twice')
    visit.settled()
    visit.page.get_by_role("button", name="Delete all").click()
    visit.choose_clip(1)
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save as CSV").click()
    lines = list(csv.DictReader(io.StringIO(got.value.path().read_text(encoding="utf-8"))))
    assert {line["action"] for line in lines} == {*visit.chips(), "'=1+1"} - {"=1+1"}  # no formula for a spreadsheet
    assert sum(float(line["probability"]) for line in lines) == pytest.approx(1, abs=1e-3)
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save as JSON").click()
    (answer,) = json.loads(got.value.path().read_text(encoding="utf-8"))
    assert set(answer["actions"]) == set(visit.chips())
    assert answer["clear_from"] > 0
    visit.page.get_by_role("button", name="Delete all").click()
    assert visit.page.get_by_role("button", name="Save as CSV").is_disabled()


def test_the_page_asks_for_the_token_until_it_is_right(open_page, guarded_server):
    visit = open_page(at=guarded_server, until="#token")
    field = visit.page.get_by_label("This server asks for a password")
    field.fill("a-wrong-guess-of-it")
    visit.page.keyboard.press("Enter")
    visit.wait("document.querySelector('#token-note').textContent.includes('not accepted')")
    assert field.is_visible()
    enter(visit, guarded_server.token)
    assert visit.page.locator("#token").is_hidden()
    visit.page.reload()
    visit.answered()


def enter(visit, token: str) -> None:
    visit.page.get_by_label("This server asks for a password").fill(token)
    visit.page.keyboard.press("Enter")
    visit.answered()


def test_a_page_and_a_stream_continue_after_the_server_was_unavailable(open_page, guarded_server):
    visit, live = (open_page(at=guarded_server, until="#token") for _ in range(2))
    for one in (visit, live):
        enter(one, guarded_server.token)
    live.page.get_by_role("button", name="Play live").click()
    live.wait("document.querySelector('#bars-title').textContent.endsWith('now')")
    guarded_server.stop()
    visit.add("juggle")
    visit.page.locator("#banner").wait_for()
    assert "does not answer" in visit.says("banner")
    live.wait("document.querySelector('#problem-text').textContent.includes('interrupted')")
    guarded_server.start()
    visit.page.locator("#banner").wait_for(state="hidden")
    visit.wait("document.querySelector('#bars').textContent.includes('juggle')")
    live.wait("document.querySelector('#problem').hidden")
    seen = live.says("clock")
    live.wait(f"document.querySelector('#clock').textContent !== {json.dumps(seen)}")
    live.page.get_by_role("button", name="Stop", exact=True).click()


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(open_page):
    visit, asked = open_page(), []
    visit.answered()

    def busy(route):
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
        else:
            detail = json.dumps({"detail": "The server is busy."})
            route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/json", body=detail)

    visit.page.route("**/api/**/predict", busy)
    visit.page.locator("#clips").select_option(index=2)
    visit.page.locator("#banner").wait_for()
    assert visit.says("banner") == "The server is busy. Trying again in 1 s."
    visit.answered()
    assert visit.page.locator("#banner").is_hidden()


def test_without_the_pose_model_the_button_says_how_to_get_it(open_page):
    visit = open_page()
    visit.page.route(WEB, lambda route: route.fulfill(status=404))
    visit.page.get_by_role("button", name="Webcam").click()
    visit.wait("document.querySelector('#problem-text').textContent.includes('make web')")


def test_one_action_is_answered_and_the_page_asks_for_a_second(open_page):
    visit = open_page()
    visit.answered()
    visit.only("squat")
    visit.wait("document.querySelector('#curve-says').textContent.includes('second action')")
    assert visit.shares() == {"squat": 100}
    visit.page.get_by_role("button", name="Remove all").click()
    visit.wait("document.querySelector('#best').textContent === 'No answer yet'")
    assert "Type an action" in visit.says("how")
    assert visit.page.locator("#curve .line").count() == 0
    assert "“" not in visit.says("curve-says"), "the caption of the answer before is gone"


def test_every_control_is_reached_by_keyboard(open_page):
    visit = open_page()
    visit.answered()
    page = visit.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    reached = set()
    for _ in range(75):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    for control in ("clips", "file", "webcam", "canvas", "play", "scrub", "action", "bar", "remove", "csv", "theme"):
        assert control in reached, f"{control} is not reached by Tab"


def test_colours_are_taken_from_the_system_and_a_choice_is_stored(open_page):
    visit = open_page(scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = visit.page.evaluate(paper)
    switch = visit.page.get_by_role("button", name="Dark")
    assert switch.get_attribute("aria-pressed") == "true"
    visit.page.emulate_media(color_scheme="light")
    light = visit.page.evaluate(paper)
    assert light != dark
    switch.click()
    assert visit.page.evaluate(paper) == dark
    assert switch.get_attribute("aria-pressed") == "true"
    visit.page.reload()
    assert visit.page.evaluate(paper) == dark
    visit.answered()
    switch.click()
    assert visit.page.evaluate(paper) == light
