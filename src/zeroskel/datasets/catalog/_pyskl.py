"""An annotation pickle of PYSKL: NTU RGB+D in 3-D or 2-D, Kinetics, FineGYM, UCF101, HMDB51, Diving48 as poses.

One `.pkl` holds all recordings and the splits (`xsub_train`, `xsub_val`); each split's base name is a protocol. It is
read without executing anything in it. Terms are those of the videos behind the poses. Cite Duan, Wang, Chen, Lin,
"PYSKL: Towards Good Practices for Skeleton Action Recognition", ACM MM 2022.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from zeroskel.core import InputError, SkeletonFormatError, SkeletonSequence, available_layouts
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import LeftOut, Listing, Recording, Task, tasks_at_once
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats._pyskl_annotation import PysklAnnotation
from zeroskel.skeleton.formats._pyskl_pickle import open_annotations, parse_annotations
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.inference._sequence import infer_sequence

_SUFFIXES = (".pkl", ".pickle")
_FPS = 30.0
_NTU = re.compile(r"S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R(?P<repetition>\d{3})A(?P<action>\d{3})")
_SPLIT = re.compile(r"(?:(?P<base>.+)_)?(?P<part>train|val|test)(?P<number>\d*)")

log = logging.getLogger(__name__)


class _Release(NamedTuple):
    """Files that were read.

    Attributes:
        annotations: those of the default protocol that have a label, sorted by name.
        training: protocol -> names that train; the default first.
        left_out: recordings that the default protocol does not list, or without label.
        class_names: those of the files, where their labels are texts.
    """

    annotations: tuple[PysklAnnotation, ...]
    training: Mapping[str, frozenset[str]]
    left_out: tuple[LeftOut, ...]
    class_names: tuple[str, ...]


def find(files: Sequence[SourceFile], class_names: Sequence[str] | None = None) -> Listing:
    """Return what the pickles among the files hold, in tasks of up to 256 recordings.

    Args:
        files: those of the source; one pickle, or one for each part of a split.
        class_names: names in the order of the labels; not needed for the recordings of NTU RGB+D, nor for labels that
            are texts.

    Raises:
        InputError: there is no pickle, or more than one that are not the parts of a split; it has a split without
            training part, class names are missing, or no layout has so many joints.
        SkeletonFormatError: it is no annotation file.
    """
    pickles = sorted((file for file in files if file.origin.suffix.lower() in _SUFFIXES), key=lambda file: file.origin)
    parts = {_part(file) for file in pickles}
    if len(pickles) != 1 and (len(parts) < max(2, len(pickles)) or None in parts):
        raise InputError(
            f"found {len(pickles)} pickles (.pkl) in {len(files)} files; expected one of PYSKL, or one for each part "
            "of a split, with train, val or test in its name. Name it"
        )
    release = _load(tuple(pickles))
    file = pickles[0]
    if not release.annotations:
        raise InputError(f"{file.origin}: found no recording with a label; expected labels from 0, or texts")
    layout = release.annotations[0].layout
    if layout is None or layout not in available_layouts():
        _, _, count, channels = release.annotations[0].keypoint.shape
        raise InputError(
            f"{file.origin}: found {count} joints of {channels} coordinates, which no layout has; expected one of "
            f"{', '.join(available_layouts())}. Convert the recordings"
        )
    names = _class_names(release, class_names, file)
    tasks = [replace(task, others=tuple(pickles[1:])) for task in tasks_at_once(file, len(release.annotations))]
    return Listing(tuple(tasks), names, layout, tuple(release.training), release.left_out)


def read(task: Task) -> list[Recording]:
    """Return the recordings of a task. Raises SkeletonFormatError where the file is broken."""
    release = _load((task.file, *task.others))
    chosen = release.annotations[task.facts["start"] : task.facts["stop"]]
    return [_recording(annotation, release.training) for annotation in chosen]


def _part(file: SourceFile) -> str | None:
    match = re.search(r"(?:^|[^a-z])(train|val|test)(?:ing|idation)?(?:[^a-z]|$)", file.origin.stem.lower())
    return match[1] if match else None


@lru_cache(maxsize=1)
def _load(files: tuple[SourceFile, ...]) -> _Release:
    contents = [
        parse_annotations(file.content(), file.origin) if file.member else open_annotations(file.path) for file in files
    ]
    class_names = tuple(sorted({name for content in contents for name in content.class_names}))
    every = [_relabelled(one, content.class_names, class_names) for content in contents for one in content.annotations]
    names = frozenset(annotation.name for annotation in every)
    if len(names) < len(every):
        raise InputError(
            f"{files[0].origin}: found recordings that are in two of the {len(files)} files; expected none"
        )
    splits = contents[0].splits
    if len(files) > 1:
        parts = [str(_part(file)) for file in files]
        splits = {
            part: tuple(one.name for one in content.annotations) for part, content in zip(parts, contents, strict=True)
        }
    training, listed = _protocols(splits)
    if splits and not training:
        raise InputError(
            f"{files[0].origin}: found no split of training and test recordings; expected names such as train and val. "
            "Take a file that has them"
        )
    listed = listed or names
    usable = sorted((one for one in every if one.name in listed and one.label is not None), key=lambda one: one.name)
    unlabelled = [LeftOut(one.name, "without label") for one in every if one.name in listed and one.label is None]
    unlisted = [LeftOut(name, f"not in split {next(iter(training))}") for name in sorted(names - listed)]
    if not training and not all(_NTU.fullmatch(one.name) for one in usable):
        training = {"every-second": _every_second(usable)}
    return _Release(tuple(usable), training, (*unlisted, *unlabelled), class_names)


def _relabelled(annotation: PysklAnnotation, class_names: Sequence[str], all_names: Sequence[str]) -> PysklAnnotation:
    """Return an annotation whose label counts the class names of all files."""
    if annotation.label is None or not class_names or class_names == all_names:
        return annotation
    return replace(annotation, label=all_names.index(class_names[annotation.label]))


def _every_second(annotations: Sequence[PysklAnnotation]) -> frozenset[str]:
    seen: Counter[int | None] = Counter()
    names = set()
    for annotation in annotations:
        seen[annotation.label] += 1
        if seen[annotation.label] % 2:
            names.add(annotation.name)
    return frozenset(names)


def _recording(annotation: PysklAnnotation, training: Mapping[str, frozenset[str]]) -> Recording:
    match = _NTU.fullmatch(annotation.name)
    numbers = {key: int(value) for key, value in match.groupdict().items()} if match else {"subject": 0}
    label = annotation.label or 0
    action = numbers.pop("action", label + 1)
    if action != label + 1:
        raise SkeletonFormatError(
            f"{annotation.file}, label of {annotation.name}: found {label}; expected {action - 1}, the "
            "action of its name counted from 0. Take the file from its source again"
        )
    if match or annotation.keypoint.shape[3] == 2:
        sequence = SkeletonSequence(annotation.joints(), str(annotation.layout), _FPS)
    else:  # axes and unit are those of the program that made it
        points = FilePoints(annotation.points(), "annotation of PYSKL", layout=annotation.layout, fps=_FPS)
        sequence = infer_sequence(points, Stated(), "annotation of PYSKL", annotation.file)
    train = {protocol: annotation.name in names for protocol, names in training.items()}
    return Recording(annotation.name, sequence, label, train=train, **numbers)


def _is_ntu(release: _Release) -> bool:
    return all(_NTU.fullmatch(annotation.name) for annotation in release.annotations)


def _class_names(release: _Release, given: Sequence[str] | None, file: SourceFile) -> tuple[str, ...]:
    most = max(annotation.label or 0 for annotation in release.annotations)
    if given is None and release.class_names:
        return release.class_names
    if given is None:
        if not _is_ntu(release) or most >= 120:
            raise InputError(
                f"{file.origin}: found recordings of no dataset whose class names are known; "
                f"give --class-names FILE, one name a line, for labels 0 to {most}"
            )
        given = published_class_names("ntu60" if most < 60 else "ntu120")
    if release.class_names:
        unknown = [name for name in release.class_names if name not in given]
        if unknown:
            raise InputError(f"{file.origin}: found the label {unknown[0]!r}, which is none of the class names given")
        return release.class_names
    if most >= len(given):
        raise InputError(f"{file.origin}: found label {most}; expected labels of the {len(given)} class names given")
    return tuple(given)


def _protocols(splits: Mapping[str, Sequence[str]]) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return protocol -> names that train, the default first; and all names in the default.

    A further protocol that does not list every recording of the first is left out: recordings in neither of its parts
    would count as its test set.
    """
    parts: dict[str, dict[str, frozenset[str]]] = {}
    for split, names in splits.items():
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
