"""Colours, numbers and fonts of the actions in a picture of a timeline."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

INK = "#1b1f24"
SIZE = 7.5  # of text, in points
COLOURS = (
    *("#2f6fb5", "#e07b1f", "#2e8b57", "#c23b3b", "#7d56b0", "#8c5a3c", "#d160a3", "#6e7681", "#a8a421", "#1f9fb0"),
    *("#9dc3ea", "#fbc48a", "#9ad8b0", "#f2a3a0", "#c9b3e6", "#cfae9c", "#f2bcd9", "#c2c7ce", "#dedb8c", "#9bdde6"),
)
HATCHES = (None, "////", "\\\\\\\\", "----", "xxxx")  # dots would be 200 times as large in SVG

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Style:
    """Colours, numbers and fonts of the actions that occur in a timeline."""

    numbers: Mapping[str, int]  # from 1, in the order of the candidates
    colours: Mapping[str, str]
    hatches: Mapping[str, str | None]
    families: tuple[str, ...]

    def width(self, text: str) -> float:
        """Return the width of a text in points."""
        return _text_width(text, self.families)


def style_of(candidates: Sequence[str], occurring: set[str]) -> Style:
    """Return the style of the actions that occur; colours depend on the position among the candidates."""
    actions = [*candidates, *sorted(occurring - set(candidates))]
    shown = [action for action in actions if action in occurring]
    index = {action: actions.index(action) for action in shown}
    return Style(
        {action: number for number, action in enumerate(shown, 1)},
        {action: COLOURS[index[action] % len(COLOURS)] for action in shown},
        {action: HATCHES[index[action] // len(COLOURS) % len(HATCHES)] for action in shown},
        _families("".join(shown)),
    )


def wrapped(name: str, style: Style, width: float, most_lines: int) -> str | None:
    """Return a name broken into lines that are no wider than the width in points; None where it does not fit."""
    lines: list[str] = []
    for word in name.split():
        if lines and style.width(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    fits = len(lines) <= most_lines and all(style.width(line) <= width for line in lines)
    return "\n".join(lines) if fits else None


def ink_on(colour: str) -> str:
    """Return black or white, which contrasts more with a colour (relative luminance of WCAG 2)."""
    from matplotlib.colors import to_rgb

    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return "white" if np.dot((0.2126, 0.7152, 0.0722), linear) < 0.2 else INK


@lru_cache(4096)
def _text_width(text: str, families: tuple[str, ...]) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        properties = FontProperties(family=list(families), size=SIZE)
        return float(text_to_path.get_text_width_height_descent(text, properties, ismath=False)[0])


@lru_cache(64)
def _families(text: str) -> tuple[str, ...]:
    """Return the usual font families, followed by installed ones that have the characters which those lack."""
    import matplotlib
    from matplotlib import font_manager

    def characters(path: str) -> set[str]:
        try:
            return {chr(code) for code in font_manager.get_font(path).get_charmap()}
        except (OSError, RuntimeError):  # a broken font
            return set()

    families: Sequence[str] = matplotlib.rcParams["font.family"]
    wanted = {character for character in text if not character.isspace()}
    missing = wanted - characters(font_manager.findfont(font_manager.FontProperties()))
    added = []
    if missing:
        fonts = [font for font in font_manager.fontManager.ttflist if not font.name.startswith("Last Resort")]
        covered = {font.name: missing & characters(font.fname) for font in fonts}
        while missing:
            best = max(covered, key=lambda name: len(covered[name] & missing))
            if not covered[best] & missing:
                break
            added.append(best)
            missing = missing - covered[best]
    if missing:
        _log.warning(
            "No installed font has %d of the characters of the actions, such as %s. The picture shows boxes instead. "
            "Install a font for this script, such as Noto Sans.",
            len(missing),
            " ".join(sorted(missing)[:5]),
        )
    return (*families, *added)
