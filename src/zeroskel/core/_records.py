"""Records of a benchmark: what one finished cell of the grid measured, and one map of its features."""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from types import UnionType
from typing import Any, Self, get_args, get_origin

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
        arguments = {}
        for name in known.keys() & values.keys():
            value = values.pop(name)
            try:
                arguments[name] = _parse(known[name].type, value)
            except (TypeError, ValueError) as error:
                expected = f"expected {_expected(known[name].type)}. Remove the line"
                raise InputError(f"{where}: {name} is {json.dumps(value):.60}; {expected}") from error
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
        data, split, protocol: names of the dataset, of the class split and of the choice of training recordings.
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

    def __post_init__(self) -> None:
        lists = (self.share, self.accuracy, self.mutual_information, self.settled)
        if len({len(values) for values in lists if values is not None}) != 1:
            raise ValueError("lists of another length")


@dataclass(frozen=True)
class CurvePoints:
    """Points of a seen-unseen curve: (P,) accuracies on seen and on unseen classes."""

    seen: tuple[float, ...]
    unseen: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.seen) != len(self.unseen):
            raise ValueError("another number of seen than of unseen accuracies")


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

    def __post_init__(self) -> None:
        if self.confusion and any(len(row) != len(self.confusion) for row in self.confusion):
            raise InputError(f"confusion is {self.confusion}; expected as many columns as rows. Remove the line")


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
        for name, counted in (("labels", self.points), ("texts", self.classes), ("seen", self.classes)):
            if (count := len(getattr(self, name))) != len(counted):
                raise InputError(f"{count} {name}; expected {len(counted)}, one for each point or class")
        if wrong := sorted({label for label in self.labels if not 0 <= label < len(self.classes)}):
            raise InputError(f"labels {wrong}; expected 0 to {len(self.classes) - 1}")
        positions = [*self.points, *self.texts]
        if not positions or not all(len(p) == 2 and all(map(math.isfinite, p)) for p in positions):
            raise InputError("no positions, or some that are not two finite numbers; run the benchmark again")


_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Mapping[str, Any]: "an object"}
_JSON_TYPES: dict[Any, Any] = {float: int | float, Mapping[str, Any]: dict}


def _parse(kind: Any, value: Any) -> Any:
    """Return a value of JSON as its annotated type. Raises TypeError or ValueError where it has another type."""
    if isinstance(kind, UnionType):
        return None if value is None else _parse(get_args(kind)[0], value)
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_parse(get_args(kind)[0], entry) for entry in value)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, dict):
        types = {f.name: f.type for f in fields(kind)}
        return kind(**{name: _parse(types.get(name), entry) for name, entry in value.items()})
    if kind not in _WORDS or not isinstance(value, _JSON_TYPES.get(kind, kind)):
        raise TypeError
    if isinstance(value, bool) and kind is not bool:  # to Python, true is a whole number
        raise TypeError
    return value


def _expected(kind: Any) -> str:
    """Return in words what `_parse` accepts."""
    if isinstance(kind, UnionType):
        return _expected(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return f"a list, each entry {_expected(get_args(kind)[0])}"
    if is_dataclass(kind):
        return f"an object with lists of one length, of {', '.join(f.name for f in fields(kind))}"
    return _WORDS[kind]
