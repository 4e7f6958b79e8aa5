"""Text of CSV files of any encoding, and the separator of its cells."""

import csv
from collections.abc import Sequence

MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "-nan", "nan(ind)", "-nan(ind)", "#div/0!")
COMMENT = ("#", "%", "//")  # starts of lines


def decoded(content: bytes) -> str | None:
    """Return the text of UTF-8, UTF-16 or Windows-1252 bytes with newlines as line ends; None for other content."""
    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    elif content[1:2] == b"\0":
        encodings = ("utf-16-le",)
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")
    return None


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that hold more than separators, each with its number from 1, without Excel's `sep=` line."""
    lines = enumerate(text.split("\n"), 1)
    return [(number, line) for number, line in lines if line.strip(' ,;\t|"') and not line.lower().startswith("sep=")]


def separator_of(lines: Sequence[str]) -> str:
    r"""Return the separator of cells: the first of tab, semicolon, bar and comma that most lines share, else " "."""
    for candidate in "\t;|,":
        counts = [line.count(candidate) for line in lines]
        if sum(count > 0 for count in counts) * 2 > len(counts) or counts[:1] > [2]:
            return candidate
    return " "


def split_cells(line: str, separator: str) -> list[str]:
    """Return the cells of one line, without quotes and blanks around them."""
    if separator == " ":
        return line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]
