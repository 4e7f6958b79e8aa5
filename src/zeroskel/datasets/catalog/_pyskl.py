"""An annotation pickle of PYSKL: NTU RGB+D in 3-D or 2-D, Kinetics, FineGYM, UCF101, HMDB51, Diving48 as poses.

One `.pkl` holds all recordings and the splits (`xsub_train`, `xsub_val`); each split's base name is a protocol. It is
read without executing anything in it. Terms are those of the videos behind the poses. Cite Duan, Wang, Chen, Lin,
"PYSKL: Towards Good Practices for Skeleton Action Recognition", ACM MM 2022.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from zeroskel.core import InputError, SkeletonFormatError, SkeletonSequence
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import LeftOut, Listing, Recording, Task, tasks_at_once
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats._pyskl_pickle import (
    PysklAnnotation,
    PysklAnnotations,
    open_annotations,
    parse_annotations,
)

_SUFFIXES = (".pkl", ".pickle")
_FPS = 30.0
_NTU = re.compile(r"S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R(?P<repetition>\d{3})A(?P<action>\d{3})")
_SPLIT = re.compile(r"(?:(?P<base>.+)_)?(?P<part>train|val|test)(?P<number>\d*)")

log = logging.getLogger(__name__)


class _Release(NamedTuple):
    """A file that was read.

    Attributes:
        annotations: those of the default protocol, sorted by name.
        training: protocol -> names that train; the default first.
        left_out: names of annotations that the default protocol does not list.
    """

    annotations: tuple[PysklAnnotation, ...]
    training: Mapping[str, frozenset[str]]
    left_out: tuple[str, ...]


def find(files: Sequence[SourceFile], class_names: Sequence[str] | None = None) -> Listing:
    """Return what the one pickle among the files holds, in tasks of up to 256 recordings.

    Args:
        files: those of the source.
        class_names: names in the order of the labels; not needed for the recordings of NTU RGB+D.

    Raises:
        InputError: there is no pickle, or more than one; it has no training split, or class names are missing.
        SkeletonFormatError: it is no annotation file.
    """
    pickles = [file for file in files if file.origin.suffix.lower() in _SUFFIXES]
    if len(pickles) != 1:
        raise InputError(f"found {len(pickles)} pickles (.pkl) in {len(files)} files; expected one of PYSKL. Name it")
    file = pickles[0]
    release = _load(file)
    names = _class_names(release, class_names, file)
    if not release.training and not _is_ntu(release):
        raise InputError(
            f"{file.origin}: found no split of training and test recordings; expected names such as train and val. "
            "Take a file that has them"
        )
    left_out = tuple(LeftOut(name, f"not in split {next(iter(release.training))}") for name in release.left_out)
    tasks = tasks_at_once(file, len(release.annotations))
    return Listing(tasks, names, release.annotations[0].layout, tuple(release.training), left_out)


def read(task: Task) -> list[Recording]:
    """Return the recordings of a task. Raises SkeletonFormatError where the file is broken."""
    release = _load(task.file)
    chosen = release.annotations[task.facts["start"] : task.facts["stop"]]
    return [_recording(annotation, release.training) for annotation in chosen]


@lru_cache(maxsize=1)
def _load(file: SourceFile) -> _Release:
    content = parse_annotations(file.content(), file.origin) if file.member else open_annotations(file.path)
    names = frozenset(annotation.name for annotation in content.annotations)
    training, listed = _protocols(content)
    listed = listed or names
    annotations = sorted((one for one in content.annotations if one.name in listed), key=lambda one: one.name)
    return _Release(tuple(annotations), training, tuple(sorted(names - listed)))


def _recording(annotation: PysklAnnotation, training: Mapping[str, frozenset[str]]) -> Recording:
    match = _NTU.fullmatch(annotation.name)
    numbers = {key: int(value) for key, value in match.groupdict().items()} if match else {"subject": 0}
    action = numbers.pop("action", annotation.label + 1)
    if action != annotation.label + 1:
        raise SkeletonFormatError(
            f"{annotation.file}, label of {annotation.name}: found {annotation.label}; expected {action - 1}, the "
            "action of its name counted from 0. Take the file from its source again"
        )
    sequence = SkeletonSequence(annotation.joints(), annotation.layout, _FPS)
    train = {protocol: annotation.name in names for protocol, names in training.items()}
    return Recording(annotation.name, sequence, annotation.label, train=train, **numbers)


def _is_ntu(release: _Release) -> bool:
    return all(_NTU.fullmatch(annotation.name) for annotation in release.annotations)


def _class_names(release: _Release, given: Sequence[str] | None, file: SourceFile) -> tuple[str, ...]:
    most = max(annotation.label for annotation in release.annotations)
    if given is None:
        if not _is_ntu(release) or most >= 120:
            raise InputError(
                f"{file.origin}: found recordings of no dataset whose class names are known; "
                f"give --class-names FILE, one name a line, for labels 0 to {most}"
            )
        given = published_class_names("ntu60" if most < 60 else "ntu120")
    if most >= len(given):
        raise InputError(f"{file.origin}: found label {most}; expected labels of the {len(given)} class names given")
    return tuple(given)


def _protocols(content: PysklAnnotations) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return protocol -> names that train, the default first; and all names in the default.

    A further protocol that does not list every recording of the first is left out: recordings in neither of its parts
    would count as its test set.
    """
    parts: dict[str, dict[str, frozenset[str]]] = {}
    for split, names in content.splits.items():
        if match := _SPLIT.fullmatch(split):
            base = (match["base"] or "split") + match["number"]
            parts.setdefault(base, {})[match["part"]] = frozenset(names)
    training: dict[str, frozenset[str]] = {}
    listed: frozenset[str] = frozenset()
    for base, named in parts.items():
        every = frozenset().union(*named.values())
        if named.get("train") and len(named) > 1 and listed <= every:
            training[base] = named["train"]
            listed = listed or every
        else:
            log.warning("split %s lists other recordings, or no training part: left out", base)
    return training, listed
