"""The value of a setting that was typed as text."""

import json
from typing import Any


def value_of(text: str) -> Any:
    """A setting's value: JSON where it reads as JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
