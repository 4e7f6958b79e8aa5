"""Timelines as files: what other programs read, round trips, and refusals that leave no file."""

import json
import os
import re
from xml.etree import ElementTree

import pytest

from zeroskel.core import InputError, MissingFileError, Segment
from zeroskel.recognition import Timeline

ACTIONS = ("wave", "take off <the> jacket & hat", "ボールを蹴る")
TIMELINE = Timeline(
    (
        Segment(0, 1.25, 2.5, ACTIONS[0], 0.75),
        Segment(1, 2.0, 3661.0625, ACTIONS[1], 0.5),
        Segment(0, 2.5, 4.0, ACTIONS[2], 1.0),
    ),
    ACTIONS,
    3700.0,
)
# The elements that EAFv3.0.xsd allows inside an element, in this order, and the attributes that it requires.
EAF_CHILDREN = {
    "ANNOTATION_DOCUMENT": "LICENSE* HEADER TIME_ORDER TIER* LINGUISTIC_TYPE* LOCALE* LANGUAGE* CONSTRAINT* "
    "CONTROLLED_VOCABULARY* LEXICON_REF* REF_LINK_SET* EXTERNAL_REF*",
    "HEADER": "MEDIA_DESCRIPTOR* LINKED_FILE_DESCRIPTOR* PROPERTY*",
    "TIME_ORDER": "TIME_SLOT*",
    "TIER": "ANNOTATION*",
    "ANNOTATION": "ALIGNABLE_ANNOTATION",
    "ALIGNABLE_ANNOTATION": "ANNOTATION_VALUE",
    "CONTROLLED_VOCABULARY": "DESCRIPTION* CV_ENTRY_ML*",
    "CV_ENTRY_ML": "CVE_VALUE",
}
EAF_REQUIRED = {
    "ANNOTATION_DOCUMENT": {"DATE", "AUTHOR", "VERSION"},
    "MEDIA_DESCRIPTOR": {"MEDIA_URL", "MIME_TYPE"},
    "TIME_SLOT": {"TIME_SLOT_ID"},
    "TIER": {"TIER_ID", "LINGUISTIC_TYPE_REF"},
    "ALIGNABLE_ANNOTATION": {"ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2"},
    "LINGUISTIC_TYPE": {"LINGUISTIC_TYPE_ID"},
    "LANGUAGE": {"LANG_ID"},
    "CONTROLLED_VOCABULARY": {"CV_ID"},
    "DESCRIPTION": {"LANG_REF"},
    "CV_ENTRY_ML": {"CVE_ID"},
    "CVE_VALUE": {"LANG_REF"},
}


def saved(timeline, path, **options):
    timeline.save(path, **options)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_what_was_saved_is_read_again(suffix, tmp_path):
    saved(TIMELINE, tmp_path / f"timeline{suffix}")
    again = Timeline.read(tmp_path / f"timeline{suffix}")
    assert again.segments == TIMELINE.segments
    assert again.actions == ACTIONS
    assert again.seconds == (3700.0 if suffix == ".json" else 3661.0625)


def test_tables_have_one_row_for_each_segment(tmp_path):
    lines = saved(TIMELINE, tmp_path / "t.csv").splitlines()
    assert lines[:2] == ["person,start,end,action,probability", "0,1.25,2.5,wave,0.75"]
    assert len(lines) == 4
    content = json.loads(saved(TIMELINE, tmp_path / "t.json"))
    assert content["segments"][0] == {"person": 0, "start": 1.25, "end": 2.5, "action": "wave", "probability": 0.75}
    assert content["people"] == [0, 1]


def test_captions_escape_names_and_keep_the_order_of_starts(tmp_path):
    shuffled = Timeline(TIMELINE.segments[::-1], ACTIONS, TIMELINE.seconds)
    assert saved(shuffled, tmp_path / "t.vtt").split("\n\n") == [
        "WEBVTT",
        "00:00:01.250 --> 00:00:02.500\n<v person 0>wave</v>",
        "00:00:02.000 --> 01:01:01.062\n<v person 1>take off &lt;the&gt; jacket &amp; hat</v>",
        "00:00:02.500 --> 00:00:04.000\n<v person 0>ボールを蹴る</v>\n",
    ]


def test_a_name_cannot_break_out_of_its_caption_or_its_annotation(tmp_path):
    name = "jump\n\n00:00 --> 00:01\x00 \ud800high"
    timeline = Timeline((Segment(0, 0.0001, 0.0002, name),), (name,), 1.0)
    _header, cue = saved(timeline, tmp_path / "t.vtt").split("\n\n")
    assert cue == "00:00:00.000 --> 00:00:00.001\n<v person 0>jump 00:00 --&gt; 00:01 high</v>\n"
    document = ElementTree.fromstring(saved(timeline, tmp_path / "t.eaf"))
    assert [value.text for value in document.iter("ANNOTATION_VALUE")] == ["jump 00:00 --> 00:01 high"]


def assert_follows_the_schema(document):
    for element in document.iter():
        pattern = "".join(
            f"(?:{name.rstrip('*')} ){'*' if name.endswith('*') else ''}"
            for name in EAF_CHILDREN.get(element.tag, "").split()
        )
        assert re.fullmatch(pattern, "".join(f"{child.tag} " for child in element)), element.tag
        assert set(element.attrib) >= EAF_REQUIRED.get(element.tag, set())
    slots = [slot.get("TIME_SLOT_ID") for slot in document.iter("TIME_SLOT")]
    annotations = list(document.iter("ALIGNABLE_ANNOTATION"))
    languages = [language.get("LANG_ID") for language in document.iter("LANGUAGE")]
    identifiers = slots + [annotation.get("ANNOTATION_ID") for annotation in annotations] + languages
    assert len(set(identifiers)) == len(identifiers)
    assert {annotation.get(f"TIME_SLOT_REF{i}") for annotation in annotations for i in (1, 2)} == set(slots)
    types = {kind.get("LINGUISTIC_TYPE_ID"): kind for kind in document.iter("LINGUISTIC_TYPE")}
    for tier in document.iter("TIER"):
        vocabulary = types[tier.get("LINGUISTIC_TYPE_REF")].get("CONTROLLED_VOCABULARY_REF")
        assert vocabulary in {entry.get("CV_ID") for entry in document.iter("CONTROLLED_VOCABULARY")}
    assert {value.get("LANG_REF") for value in document.iter("CVE_VALUE")} <= set(languages)


def test_elan_annotations_follow_the_schema_and_have_one_tier_a_person(tmp_path):
    film = tmp_path / "mein film & co.mp4"
    (tmp_path / "out").mkdir()
    document = ElementTree.fromstring(saved(TIMELINE, tmp_path / "out" / "t.eaf", media=film))
    assert_follows_the_schema(document)
    times = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in document.iter("TIME_SLOT")}
    assert list(times.values()) == sorted(times.values())
    tiers = {
        tier.get("TIER_ID"): [
            (times[part.get("TIME_SLOT_REF1")], times[part.get("TIME_SLOT_REF2")], part.findtext("ANNOTATION_VALUE"))
            for part in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        for tier in document.iter("TIER")
    }
    assert tiers == {
        "person 0": [(1250, 2500, ACTIONS[0]), (2500, 4000, ACTIONS[2])],
        "person 1": [(2000, 3661062, ACTIONS[1])],
    }
    assert [value.text for value in document.iter("CVE_VALUE")] == list(ACTIONS)
    (media,) = document.iter("MEDIA_DESCRIPTOR")
    assert media.get("MEDIA_URL") == f"file://{film}"  # ELAN takes the rest as a path: nothing is escaped
    assert media.get("RELATIVE_MEDIA_URL") == "../mein film & co.mp4"
    assert media.get("MIME_TYPE") == "video/mp4"
    assert_follows_the_schema(ElementTree.fromstring(saved(Timeline((), (), 2.0), tmp_path / "empty.eaf")))


def test_another_program_reads_the_annotations(tmp_path):
    pympi = pytest.importorskip("pympi", reason="pympi-ling is not installed")
    TIMELINE.save(tmp_path / "t.eaf", media=tmp_path / "clip.mp4")
    document = pympi.Eaf(tmp_path / "t.eaf")
    assert list(document.get_tier_names()) == ["person 0", "person 1"]
    assert document.get_annotation_data_for_tier("person 1") == [(2000, 3661062, ACTIONS[1])]
    entries = document.get_cv_entries("actions")
    assert [values[0][0] for values, _ in entries.values()] == list(ACTIONS)


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for name, words in (
        ("t.txt", "no format of timelines has the suffix '.txt'. Expected one of: .csv, .json, .vtt, .eaf, .png, .svg"),
        ("t", r"the suffix '\(none\)'"),
        ("folder.csv", "is a folder"),
        ("file/t.csv", "no folder that can be written"),
    ):
        with pytest.raises(InputError, match=words):
            TIMELINE.save(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.csv"]


def test_an_error_leaves_the_existing_file(tmp_path, monkeypatch):
    TIMELINE.save(tmp_path / "t.csv")
    before = (tmp_path / "t.csv").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        Timeline((), ACTIONS, 1.0).save(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == before
    assert os.listdir(tmp_path) == ["t.csv"]


def test_a_broken_timeline_is_refused_with_its_place(tmp_path):
    head = "person,start,end,action,probability\n"
    for name, text, words in (
        ("a.csv", "start,end\n1,2\n", "line 1: no column person, action, probability"),
        ("b.csv", f"{head}0,1,2,wave,1\n0,one,2,wave,1\n", "line 3: .*is not a segment"),
        ("c.csv", f"{head}0,2,1,wave,1\n", "line 2: A segment lasts from 2.0 to 1.0"),
        ("d.json", "[]", "contains a list; expected the JSON object of a timeline"),
        ("e.json", '{"segments": {}}', "'segments' has no list"),
        ("f.json", '{"segments": [{"person": 0}]}', "segment 1: .*is not a segment"),
        ("g.json", '{"segments": [7]}', "segment 1: 7 is not a segment"),
        ("h.eaf", "", "timelines are read from .csv and .json"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=words):
            Timeline.read(tmp_path / name)
    (tmp_path / "latin.csv").write_bytes(f"{head}0,1,2,prügeln,1\n".encode("latin-1"))
    with pytest.raises(InputError, match="not a CSV file in UTF-8"):
        Timeline.read(tmp_path / "latin.csv")
    for suffix in ("csv", "json"):
        with pytest.raises(MissingFileError, match="no such file"):
            Timeline.read(tmp_path / f"nowhere.{suffix}")
