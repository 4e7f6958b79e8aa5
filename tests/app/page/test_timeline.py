"""The timeline: a lane for each person, a click that jumps, and files of it. Teaching: examples that count at once."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

pytestmark = pytest.mark.slow("a browser and a server start")

SEGMENTS = "#lanes .segment"
# Motions under the names of UTKinect's actions, most of which say something else than what the computed figure does.
NAMES = {
    "walk in place": "walk",
    "squat": "sit down",
    "wave both hands": "wave hands",
    "punch upward with the left hand": "throw",
    "circle both arms": "carry",
    "kick forward with the left leg": "push",
    "turn the head to the left": "pull",
    "lunge sideways with the right leg": "pick up",
}


@pytest.fixture
def sequence_of_actions(tmp_path):
    """A recording in which one person squats and then waves both hands, standing still in between."""
    squat, wave = (generate_sequence(action, seed=3, frames=90).joints for action in ("squat", "wave both hands"))
    rest = np.repeat(squat[:, -1:], 45, axis=1)
    wave = wave + (squat[:, -1:, :1] - wave[:, :1, :1])
    write(SkeletonSequence(np.concatenate([squat, rest, wave, rest], axis=1), "ntu-25"), tmp_path / "exercise.json")
    return tmp_path / "exercise.json"


def test_the_lanes_show_what_happens_when_and_jump_there(open_page, measuring_server, sequence_of_actions):
    visit = open_page(at=measuring_server)
    visit.answered()
    visit.only("squat", "wave both hands", "kick")
    visit.choose_file(sequence_of_actions)
    visit.page.locator(SEGMENTS).first.wait_for()
    labels = [one.get_attribute("aria-label") for one in visit.page.locator(SEGMENTS).all()]
    assert [label.split(",")[0] for label in labels] == ["squat", "wave both hands"]
    start, end = map(float, re.search(r"([\d.]+) to ([\d.]+) s", labels[1]).groups())
    assert 3.5 < start < 6
    assert 6 < end < 9
    visit.page.locator(SEGMENTS).nth(1).click()
    assert abs(float(visit.says("clock").split()[0]) - start) < 0.2
    assert visit.page.locator(SEGMENTS).nth(1).evaluate("one => one.classList.contains('on')")
    slider, lane = (visit.page.locator(part).bounding_box() for part in ("#scrub", "#lanes .lane .track"))
    assert abs(slider["x"] + 8 - lane["x"]) < 2, "the lanes stand below the slider"
    assert abs(slider["width"] - 16 - lane["width"]) < 2


def test_each_person_has_a_lane(open_page, measuring_server, two_people):
    visit = open_page(at=measuring_server, width=390)
    visit.answered()
    visit.only("squat", "wave both hands")
    visit.choose_file(two_people)
    visit.page.locator(SEGMENTS).first.wait_for()
    assert visit.page.locator("#lanes .lane > span").all_inner_texts() == ["person 1", "person 2"]
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_timeline_is_saved(open_page, measuring_server):
    visit = open_page(at=measuring_server)
    visit.page.locator(SEGMENTS).first.wait_for()
    for choice, start in (("Table", "person,start,end"), ("Subtitles", "WEBVTT"), ("ELAN", "<?xml")):
        visit.page.locator("#export-open").click()
        with visit.page.expect_download() as got:
            visit.page.locator("#export-list").get_by_role("button", name=choice).click()
        text = got.value.path().read_text(encoding="utf-8-sig")
        assert text.startswith(start)
        assert "wave both hands" in text
        assert got.value.suggested_filename.startswith("wave both hands.")
        assert visit.page.evaluate("document.activeElement.id") == "export-open"


def test_examples_count_at_once_can_be_undone_and_are_saved_as_a_model(open_page, measuring_server, tmp_path):
    """By names that say little the page is right for half of the motions, with three examples each for four fifths."""
    visit = open_page(at=measuring_server)
    visit.answered()
    visit.only(*NAMES.values())
    tests = [name_motion(visit, tmp_path, motion) == name for motion, name in NAMES.items()]
    assert np.mean(tests) <= 0.6
    visit.page.get_by_text("Teach by example").click()
    taught = 0
    for motion, name in NAMES.items():
        for seed in (1, 2, 3):
            open_motion(visit, tmp_path, motion, seed)
            visit.page.get_by_label("This motion is").fill(name)
            visit.page.get_by_role("button", name="Teach", exact=True).click()
            taught += 1
            visit.wait(f"parseInt(document.querySelector('#teach-count').textContent) === {taught}")
    assert visit.says("teach-count") == "24 examples"
    visit.page.get_by_role("button", name="Delete all").click()
    tests = [name_motion(visit, tmp_path, motion) == name for motion, name in NAMES.items()]
    assert np.mean(tests) >= 0.8
    visit.page.get_by_role("button", name="Undo the example of pick up").first.click()
    visit.wait("document.querySelector('#teach-count').textContent === '23 examples'")
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save as a model").click()
    assert any(name.endswith(".safetensors") for name in zipfile.ZipFile(got.value.path()).namelist())
    visit.page.reload()
    visit.wait("document.querySelector('#teach-count').textContent === '23 examples'")
    visit.answered()
    visit.page.get_by_text("Teach by example").click()
    visit.page.get_by_role("button", name="Forget all").click()
    visit.wait("document.querySelector('#teach-count').textContent === ''")


def open_motion(visit, folder, motion: str, seed: int) -> Path:
    """Open a simulated recording and wait until it is on display."""
    file = folder / f"{motion} {seed}.json"
    write(generate_sequence(motion, seed=seed), file)
    visit.page.locator("#file").set_input_files(file)
    visit.page.locator(f"#canvas[aria-label^='Skeleton of {file.name}:']").wait_for()
    return file


def name_motion(visit, folder, motion: str) -> str:
    """Open a simulated recording of a new person and return the best action, also where the answer is none of these."""
    file = open_motion(visit, folder, motion, 100)
    visit.page.locator("#rows tr:first-child td:nth-child(2)", has_text=file.name).wait_for()
    answer = visit.page.locator("#rows tr:first-child td:nth-child(3)").inner_text()
    return re.sub(r"None of these \(closest: (.*)\)", r"\1", answer)


def test_a_part_of_a_motion_is_taught(open_page, measuring_server, sequence_of_actions):
    visit = open_page(at=measuring_server)
    visit.choose_file(sequence_of_actions)
    visit.page.get_by_text("Teach by example").click()
    slider = visit.page.locator("#scrub")
    for share, button in ((0.5, "Start here"), (0.8, "End here")):
        slider.evaluate(
            "(one, share) => { one.value = Math.round(one.max * share); one.dispatchEvent(new Event('input')); }", share
        )
        visit.page.get_by_role("button", name=button).click()
    part = visit.says("teach-range")
    start, end = (float(number) for number in re.findall(r"\d+\.\d+", part))
    with visit.page.expect_request("**/adapt") as asked:
        visit.page.get_by_label("This motion is").fill("greet")
        visit.page.keyboard.press("Enter")
    (example,) = asked.value.post_data_json["examples"]
    assert [example["start"], example["end"]] == pytest.approx([start, end], abs=0.06)
    visit.page.locator("#bars .name", has_text="greet").wait_for()
    visit.wait("document.querySelector('#teach-list').textContent.includes('greet')")


def test_examples_that_the_server_has_forgotten_are_reported_and_the_answer_goes_on(open_page, measuring_server):
    visit = open_page(at=measuring_server)
    visit.answered()
    visit.page.get_by_text("Teach by example").click()
    visit.page.get_by_label("This motion is").fill("greet")
    visit.page.keyboard.press("Enter")
    visit.wait("document.querySelector('#teach-count').textContent === '1 example'")
    teaching = visit.page.evaluate("sessionStorage.getItem('zeroskel.teaching')")
    visit.page.evaluate(f"fetch('api/v1/adapt/{teaching}', {{ method: 'DELETE' }})")
    visit.choose_clip(1)
    visit.wait("document.querySelector('#teach-note').textContent.includes('no longer has')")
    visit.settled()
    assert visit.says("best") != "No answer yet"


def test_a_motion_is_chosen_named_explained_and_taught_by_keyboard_alone(open_page, measuring_server):
    visit = open_page(at=measuring_server)
    visit.answered()
    keys = visit.page.keyboard

    def tab_to(part: str) -> None:
        for _ in range(60):
            keys.press("Tab")
            if visit.page.evaluate(f"document.activeElement.matches({part!r})"):
                return
        raise AssertionError(f"Tab does not reach {part}")

    tab_to("#clips")
    keys.press("ArrowDown")
    visit.shown("raise the right arm overhead")
    tab_to("#lanes .segment")
    keys.press("Enter")
    assert visit.page.locator("#scrub").input_value() != visit.page.locator("#scrub").get_attribute("max")
    tab_to("#action")
    keys.type("reach for the shelf")
    keys.press("Enter")
    visit.settled()
    tab_to("#bars .bar")
    keys.press("ArrowDown")
    tab_to("#bars .bar")
    keys.press("Enter")
    chosen = visit.page.evaluate("document.activeElement.querySelector('.name').textContent")
    visit.page.locator("#curve-says", has_text=f"“{chosen}”").wait_for()
    keys.press("t")
    keys.type("reach for the shelf")
    keys.press("Enter")
    visit.page.locator("#teach-note", has_text="reach for the shelf").wait_for()
    visit.wait("document.querySelector('#teach-count').textContent === '1 example'")
