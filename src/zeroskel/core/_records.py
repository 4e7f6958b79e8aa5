"""Records of a benchmark: what one finished cell of the grid measured, and one map of its features."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self

from zeroskel.core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class _JsonLine:
    """Frozen record that is one line of a JSON Lines file.

    Attributes:
        cell: key of the record; equal for equal configurations of the same version.
        extra: fields that this version does not know. They are written back unchanged.
    """

    cell: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, line: str, where: str = "record") -> Self:
        """Parse one line.

        Args:
            line: a JSON object. A field that is null counts as absent.
            where: the file and the line number, for messages.

        Returns:
            The record.

        Raises:
            InputError: The line is not a JSON object with a cell, lacks a field, or a field has another type.
        """
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: not JSON ({error}); remove the line or the file") from error
        if not isinstance(values, dict) or not isinstance(values.get("cell"), str):
            raise InputError(f"{where}: not a result with a cell; remove the line or the file")
        values = {name: value for name, value in values.items() if value is not None}
        known = {f.name: f for f in fields(cls) if f.name != "extra"}
        required = [name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
        if missing := [name for name in required if name not in values]:
            raise InputError(f"{where}: lacks {', '.join(missing)}; remove the line and run its cell again")
        arguments = {name: _parse(known[name].type, name, values.pop(name), where) for name in known if name in values}
        try:
            return cls(**arguments, extra=values)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error

    def to_json(self) -> str:
        """Return the record as one line of JSON, without a line break.

        Returns:
            All fields in the order of their declaration; `variant` and `added_sequences` only where they are set.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        del values["extra"]
        for name in ("variant", "added_sequences"):
            if not values.get(name):
                values.pop(name, None)
        return json.dumps({"cell": values.pop("cell"), **values, **self.extra}, default=vars)


@dataclass(frozen=True, kw_only=True)
class CellIdentity(_JsonLine):
    """Configuration of a cell, as far as a line of results.jsonl names it.

    Attributes:
        data, split, protocol: names of the data set, of the class split and of the choice of training recordings.
        encoder, encoder_options: the skeleton encoder and its options that differ from the defaults.
        method, options: the aligner and its options that differ from the defaults.
        text, prompt: the sentence encoder and the prompt.
        seed: seed of the encoder, of the masked views and of the method.
        selection: how constants and epochs are chosen: "last", "validation" or "leaking-test".
        variant: another difference in the training data, such as "synthetic=6"; "" for none.
    """

    data: str
    split: str
    protocol: str = ""
    encoder: str
    encoder_options: Mapping[str, Any] = field(default_factory=dict)
    method: str
    options: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    prompt: str = ""
    seed: int
    selection: str
    variant: str = ""

    @property
    def identity(self) -> dict[str, Any]:
        """The fields above by name, without `cell`."""
        return {f.name: getattr(self, f.name) for f in fields(CellIdentity) if f.name not in ("cell", "extra")}


@dataclass(frozen=True)
class ObservedFrames:
    """Numbers of S growing shares of the observed frames.

    Attributes:
        share: (S,) shares of the frames, rising to 1.
        accuracy: (S,) ZSL accuracy by sample.
        mutual_information: (S,) Jensen-Shannon estimates, or None for methods that do not estimate it.
        settled: (S,) shares of the test sequences whose prediction no longer changes, or None.
        settling: mean share of the frames from which on the prediction no longer changes, or None.
    """

    share: tuple[float, ...]
    accuracy: tuple[float | None, ...]
    mutual_information: tuple[float | None, ...] | None = None
    settled: tuple[float | None, ...] | None = None
    settling: float | None = None


@dataclass(frozen=True)
class CurvePoints:
    """Points of a seen-unseen curve: (P,) accuracies on seen and on unseen classes."""

    seen: tuple[float, ...]
    unseen: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class CellRecord(CellIdentity):
    """One line of results.jsonl: a finished cell of the benchmark grid.

    Accuracies are shares from 0 to 1. None stands for a number that was not measured.

    Attributes:
        notice: what limits the use of the data; "" for nothing.
        classes_seen: number of seen classes.
        classes_unseen: U names, in the order of the confusion matrix.
        train_sequences, added_sequences, test_sequences: numbers of sequences of seen classes that trained, of
            synthetic sequences that trained in addition, and of test sequences of unseen classes.
        masked_views: number of masked views of each training sequence.
        seen_class_accuracy: accuracy by sample of a linear classifier of the seen classes on the features.
        selected_epoch, selected_options: what `selection` chose.
        validation_accuracy: accuracy by class on the validation classes.
        zsl_accuracy, zsl_per_class_accuracy: accuracy by sample and by class among the unseen classes.
        chance, majority: accuracy of a uniform guess and of always predicting the most frequent unseen class.
        transductive_accuracy, transductive_per_class_accuracy: the same as the ZSL accuracies, after adapting to the
            whole unlabelled test set.
        gzsl_seen, gzsl_unseen, gzsl_harmonic_mean: accuracies by class with all classes as candidates.
        stacked_seen, stacked_unseen, stacked_harmonic_mean: the same with calibrated stacking.
        gated_seen, gated_unseen, gated_harmonic_mean: the same with the seen-unseen gate.
        gzsl_auc, gzsl_curve: area under the seen-unseen curve, and points of it.
        confusion: (U, U) counts; rows are true classes, columns predicted ones.
        observed: numbers as more frames are observed.
        seconds: time of fitting and scoring.
        version: version of the package.

    Example:
        >>> from zeroskel.core import CellRecord
        >>> record = CellRecord(
        ...     cell="a1", data="utd-mhad", split="purls-5", encoder="stgcn", method="smie", seed=0, selection="last",
        ...     classes_unseen=("wave", "squat"), chance=0.5, zsl_accuracy=0.8,
        ... )
        >>> CellRecord.from_json(record.to_json()) == record
        True
    """

    notice: str = ""
    classes_seen: int | None = None
    classes_unseen: tuple[str, ...]
    train_sequences: int | None = None
    added_sequences: int | None = None
    test_sequences: int | None = None
    masked_views: int | None = None
    seen_class_accuracy: float | None = None
    selected_epoch: int | None = None
    selected_options: Mapping[str, Any] = field(default_factory=dict)
    validation_accuracy: float | None = None
    zsl_accuracy: float
    zsl_per_class_accuracy: float | None = None
    chance: float
    majority: float | None = None
    transductive_accuracy: float | None = None
    transductive_per_class_accuracy: float | None = None
    gzsl_seen: float | None = None
    gzsl_unseen: float | None = None
    gzsl_harmonic_mean: float | None = None
    stacked_seen: float | None = None
    stacked_unseen: float | None = None
    stacked_harmonic_mean: float | None = None
    gated_seen: float | None = None
    gated_unseen: float | None = None
    gated_harmonic_mean: float | None = None
    gzsl_auc: float | None = None
    gzsl_curve: CurvePoints | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None
    observed: ObservedFrames | None = None
    seconds: float | None = None
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class FeatureMap(_JsonLine):
    """One line of maps.jsonl: features and class texts in two dimensions.

    Attributes:
        data, split, protocol, encoder, encoder_options: what is drawn.
        classes: K class names.
        seen: (K,) whether each class is a seen one.
        points: (N, 2) positions of sequences, in any unit.
        labels: (N,) indices into `classes`.
        texts: (K, 2) positions of the texts of the classes.
        note: how features and texts came onto one map.

    Raises:
        InputError: Lengths differ, a label has no class, there is no position, or one is not finite.

    Example:
        >>> from zeroskel.core import FeatureMap
        >>> drawn = FeatureMap(
        ...     cell="m1", data="utd-mhad", split="purls-5", classes=("wave", "squat"), seen=(False, False),
        ...     points=((0.0, 0.1), (1.0, 0.9)), labels=(0, 1), texts=((0.1, 0.0), (0.8, 1.0)),
        ... )
        >>> FeatureMap.from_json(drawn.to_json()) == drawn
        True
    """

    data: str
    split: str
    protocol: str = ""
    encoder: str = ""
    encoder_options: Mapping[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...]
    seen: tuple[bool, ...]
    points: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...]
    texts: tuple[tuple[float, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        lengths = {"labels": (self.labels, self.points), "texts": (self.texts, self.classes)}
        lengths["seen"] = (self.seen, self.classes)
        for name, (values, expected) in lengths.items():
            if len(values) != len(expected):
                raise InputError(f"{len(values)} {name}; expected {len(expected)}, one for each point or class")
        if wrong := sorted({label for label in self.labels if not 0 <= label < len(self.classes)}):
            raise InputError(f"labels {wrong}; expected 0 to {len(self.classes) - 1}")
        positions = [*self.points, *self.texts]
        if not positions or not all(len(p) == 2 and all(map(math.isfinite, p)) for p in positions):
            raise InputError("no positions, or some that are not two finite numbers; run the benchmark again")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any, is_entry: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(is_entry, value))


def _as_tuples(value: Any) -> tuple[Any, ...]:
    return tuple(tuple(entry) if isinstance(entry, list) else entry for entry in value)


def _parse_observed(value: Mapping[str, Any]) -> ObservedFrames:
    lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    return ObservedFrames(**lists)


def _parse_points(value: Mapping[str, Any]) -> CurvePoints:
    return CurvePoints(tuple(value["seen"]), tuple(value["unseen"]))


def _is_observed(value: Any) -> bool:
    """Whether the lists of an observed entry are lists of numbers or null, all as long as the shares."""
    if not isinstance(value, dict) or not set(value) <= {f.name for f in fields(ObservedFrames)}:
        return False
    lists = [entry for name, entry in value.items() if name != "settling" and (entry is not None or name == "share")]
    numbers = all(_is_list(entry, lambda number: number is None or _is_number(number)) for entry in lists)
    return {"share", "accuracy"} <= set(value) and numbers and len({len(entry) for entry in lists}) == 1


def _is_points(value: Any) -> bool:
    """Whether a curve has as many seen as unseen accuracies."""
    if not isinstance(value, dict) or not all(_is_list(value.get(side), _is_number) for side in ("seen", "unseen")):
        return False
    return len(value["seen"]) == len(value["unseen"])


_PARSERS: dict[Any, tuple[str, Callable[[Any], bool], Callable[[Any], Any] | None]] = {
    str: ("text", _is_text, None),
    int: ("a whole number", _is_whole, None),
    float: ("a number", _is_number, None),
    Mapping[str, Any]: ("an object", lambda value: isinstance(value, dict), None),
    tuple[str, ...]: ("a list of texts", lambda value: _is_list(value, _is_text), tuple),
    tuple[bool, ...]: ("a list of true and false", lambda v: _is_list(v, lambda e: isinstance(e, bool)), tuple),
    tuple[int, ...]: ("a list of whole numbers", lambda value: _is_list(value, _is_whole), tuple),
    tuple[tuple[int, ...], ...]: (
        "lists of counts",
        lambda value: _is_list(value, lambda row: _is_list(row, _is_whole) and len(row) == len(value)),
        _as_tuples,
    ),
    tuple[tuple[float, ...], ...]: (
        "pairs of numbers",
        lambda value: _is_list(value, lambda row: _is_list(row, _is_number)),
        _as_tuples,
    ),
    ObservedFrames: ("lists of numbers of one length by name", _is_observed, _parse_observed),
    CurvePoints: ("lists of seen and unseen accuracies of one length", _is_points, _parse_points),
}
_PARSERS |= {kind | None: parser for kind, parser in _PARSERS.items()}


def _parse(kind: Any, name: str, value: Any, where: str) -> Any:
    """Return the value of a field as its type says. Raises InputError where JSON has another type."""
    expected, fits, convert = _PARSERS[kind]
    if not fits(value):
        raise InputError(f"{where}: {name} is {json.dumps(value):.60}; expected {expected}. Remove the line")
    return value if convert is None else convert(value)
