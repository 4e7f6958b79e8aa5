"""Cells that hold all coordinates of a point, such as "(0.1, 0.2, 0.3)" or "[0.1 0.2 0.3]"."""

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan", re.IGNORECASE)
_VECTOR = re.compile(r"\s*[\[(][^\[\](){}:]{3,200}[\])]\s*")
_ENDINGS = ("x", "y", "z", "visibility")


def split_vectors(head: list[list[str]], cells: "pd.DataFrame") -> tuple[list[list[str]], "pd.DataFrame"]:
    """Return the header and the cells with a column a coordinate in place of those that hold vectors.

    Args:
        head: cells of the header rows; tables with several or none are returned unchanged.
        cells: cells of the rows.
    """
    import pandas as pd

    if len(head) != 1 or not any(_is_vector(cells[column]) for column in cells):
        return head, cells
    labels: list[str] = []
    columns: list[pd.Series] = []
    for column in cells:
        label = head[0][column] if column < len(head[0]) else ""
        vectors = _vectors(cells[column]) if _is_vector(cells[column]) else None
        if vectors is None:
            labels.append(label)
            columns.append(cells[column])
        else:
            labels += [f"{label}_{ending}" for ending in _ENDINGS[: vectors.shape[1]]]
            columns += [pd.Series(coordinates) for coordinates in vectors.T]
    return [labels], pd.concat(columns, axis=1, ignore_index=True)


def _is_vector(cells: "pd.Series") -> bool:
    first = cells.first_valid_index()
    return cells.dtype.kind not in "fiub" and first is not None and _VECTOR.fullmatch(str(cells[first])) is not None


def _vectors(cells: "pd.Series") -> np.ndarray | None:
    """Return (rows, 2 to 4) numbers, NaN where a cell is empty; None where a cell is no vector of that length."""
    texts = [str(cell) if cell == cell else "" for cell in cells]
    numbers = [_NUMBER.findall(text) for text in texts]
    length = max(map(len, numbers))
    if not 2 <= length <= len(_ENDINGS) or any(len(row) not in (0, length) for row in numbers):
        return None
    if any(text and not _VECTOR.fullmatch(text) for text in texts):
        return None
    return np.array([row or ["nan"] * length for row in numbers], np.float64)
