"""Names and texts of actions as clients send them: normalised, compared, and checked one by one."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ, which Persian, the scripts of India and joined emoji need
SHOWN_CHARACTERS = 60  # of a name in a message
_INVISIBLE = re.compile(  # soft hyphen, zero-width spaces, marks of direction, and other format characters but JOINERS
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufff8\U0001d173-\U0001d17a]"
)
_UNUSABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)  # controls, surrogates, noncharacters


@dataclass(frozen=True)
class NameProblem:
    """Fault of one of the actions that a client sent.

    Attributes:
        index: position of the action in the list, from 0.
        name: name as sent, shortened.
        reason: "unusable" for an action that is left out, "duplicate" for one that is merged with an earlier one,
            "text" for an action of which a further text is left out.
        detail: one line for people.
    """

    index: int
    name: str
    reason: str
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as JSON."""
        return asdict(self)


class UnusableName(ValueError):
    """A text cannot be the name of an action. The message says why."""


def normalised_name(text: str, max_length: int) -> str:
    """Return a text in Unicode's form NFC, without invisible characters, with single spaces.

    ZWJ and ZWNJ stay inside a text where a character beside them is not Latin.

    Args:
        text: Name or further text of an action.
        max_length: Largest number of characters.

    Raises:
        UnusableName: The text is too long, has a control character or half a character, or shows no letter, digit or
            symbol.
    """
    if len(text) > max_length:
        raise UnusableName(f"It has {len(text)} characters; expected 1 to {max_length} characters.")
    name = " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())
    unusable = _UNUSABLE.search(name)
    if unusable:
        raise UnusableName(f"It has the character U+{ord(unusable[0]):04X}, which is not text. Type the name again.")
    shown = "".join(
        character
        for index, character in enumerate(name)
        if character not in JOINERS or not (_is_edge(name[:index][-1:]) or _is_edge(name[index + 1 :][:1]))
    )
    if not any(unicodedata.category(character)[0] in "LNS" for character in shown):
        raise UnusableName("It has no letter, digit or symbol. Type words that describe an action.")
    return shown


def comparison_key(name: str) -> str:
    """Return what is equal for two names of one action: without case, width of characters and final full stop."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split()).rstrip(". ")


def shown_name(text: str) -> str:
    """Return a name for a message: at most 60 characters that can be sent as UTF-8."""
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return _UNUSABLE.sub("\ufffd", shown)


def _is_edge(neighbour: str) -> bool:
    """Return whether a joiner beside this character does nothing: a Latin letter, a space, a joiner or no character."""
    if not neighbour or neighbour.isspace() or neighbour in JOINERS:
        return True
    return neighbour.isascii() or unicodedata.name(neighbour, "").startswith("LATIN")
