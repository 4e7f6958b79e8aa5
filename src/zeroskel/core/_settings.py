"""Settings that people type: values as text, and names that may be misspelt."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


def value_of(text: str) -> Any:
    """Return the value that a text stands for: JSON where it reads as JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean NAME?" for the known name that is nearest to a misspelt one, or an empty text."""
    nearest = get_close_matches(name, list(known), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
