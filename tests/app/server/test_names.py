"""Names of actions: what is removed, what stays, what is one action, and what cannot be used."""

import json

import pytest

from zeroskel.app.server.names import UnusableName, comparison_key, normalised_name
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.wire import Action, Malformed, parse_actions

PERSIAN = "می\u200cدود"  # "runs": the joiner separates prefix and stem
DEVANAGARI = "क\u094d\u200dष"
FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("  kick\ta \u00a0ball\n", "kick a ball"),
        ("kick\u00ad a\u200b ball\ufeff", "kick a ball"),
        ("kick\u200c a ba\u200dll\u200d", "kick a ball"),
        ("\u200e\u202akick\u202c", "kick"),
        ("cafe\u0301", "café"),
        (PERSIAN, PERSIAN),
        (f"\u200c{PERSIAN}\u200d", PERSIAN),
        (DEVANAGARI, DEVANAGARI),
        (FAMILY, FAMILY),
        ("❤\ufe0f jump", "❤\ufe0f jump"),
        ("跳", "跳"),
    ],
)
def test_invisible_characters_go_unless_a_script_needs_them(sent, name):
    assert normalised_name(sent, 200) == name
    assert normalised_name(name, 200) == name


@pytest.mark.parametrize("sent", ["", " \u200b", "\u200d", "...", "\u0301", "a\x07b", "\ud800", "x" * 201, "\ufffe"])
def test_texts_without_words_or_with_control_characters_are_unusable(sent):
    with pytest.raises(UnusableName):
        normalised_name(sent, 200)


def test_spellings_of_one_name_are_equal():
    spellings = ["Kick a ball", "kick a ball", "KICK  A BALL.", "ｋick a ball"]  # the last one has a wide letter
    assert len({comparison_key(normalised_name(name, 200)) for name in spellings}) == 1
    assert comparison_key("kick a ball") != comparison_key("kick the ball")


def test_one_name_that_cannot_be_used_does_not_block_the_others():
    sent = ["jump", "\u200b", Action(name="Jump.", texts=["hop", "\x00"]), "sit"]
    actions, faults = parse_actions(sent, Limits())
    assert actions == {"jump": ["hop"], "sit": []}
    assert [(fault.index, fault.reason) for fault in faults] == [(1, "unusable"), (2, "duplicate"), (2, "text")]
    assert all(json.dumps(fault.to_dict(), ensure_ascii=False).encode() for fault in faults)
    with pytest.raises(Malformed, match="No action can be used"):
        parse_actions(["\u200b", "..."], Limits())
