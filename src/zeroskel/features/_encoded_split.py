"""EncodedSplit: the features of one data set under one split, and which classes train beside them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zeroskel import align, encoders
from zeroskel.core import FeatureSet

ENCODE_AT_ONCE = 128
OBSERVED_SHARES = tuple(round(0.1 * step, 1) for step in range(1, 11))


@dataclass(frozen=True)
class EncoderConfig:
    """Which encoder, with which options, fitted with which seed."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    masked_views: int = 4
    seed: int = 0

    def all_options(self) -> dict[str, Any]:
        """The options with the encoder's defaults; those given, for ready features."""
        if self.name not in encoders.available():
            return self.options
        return encoders.create(self.name, "kinect-20", **self.options).options()


@dataclass(frozen=True, eq=False)
class AddedClasses:
    """Classes that train beside those of a data set and are never candidates.

    Attributes:
        train: features of their recordings; labels index `class_embeddings`.
        class_embeddings: (S, D_text), made as those of the data set.
    """

    train: FeatureSet
    class_embeddings: np.ndarray


@dataclass(frozen=True, eq=False)
class EncodedSplit:
    """Features of one data set under one split by one encoder that never saw an unseen class.

    With classes withheld it is the same split one level down, made of training recordings only: validation classes in
    the place of the unseen ones, some held-out training subjects in the place of the test subjects.

    Attributes:
        train: training recordings of the classes trained on, with masked views.
        unseen: test recordings of unseen classes. Withheld: all training recordings of the validation classes.
        seen: test recordings of seen classes; None where there are none. Withheld: held-out training recordings.
        observed: (S, n, D) features of `unseen` when only the first share of the frames is seen (OBSERVED_SHARES); None
            for ready features and for withheld classes.
        seen_class_accuracy: a linear classifier of the trained classes on `train`, tested on `seen`, or None.
        added: classes that train besides, or None.
    """

    train: FeatureSet
    unseen: FeatureSet
    seen: FeatureSet | None
    observed: np.ndarray | None
    seen_class_accuracy: float | None
    added: AddedClasses | None = None


def with_added(train: FeatureSet, added: AddedClasses, class_embeddings: np.ndarray) -> tuple[FeatureSet, np.ndarray]:
    """Training features and class embeddings with those of added classes behind; they stand in for their masked views.

    Args:
        train: (N, D) features with labels that index class_embeddings.
        added: (n, D) features of S classes.
        class_embeddings: (K, D_text).

    Returns:
        (N + n, D) features, and (K + S, D_text).
    """
    own = FeatureSet(added.train.features, len(class_embeddings) + added.train.labels)
    return with_more(train, own), np.concatenate([class_embeddings, added.class_embeddings])


def with_more(train: FeatureSet, more: FeatureSet) -> FeatureSet:
    """Training features with more of the same classes behind; these stand in for their masked views."""
    masked = None
    if train.masked is not None:
        same = np.broadcast_to(more.features, (len(train.masked), *more.features.shape))
        masked = np.concatenate([train.masked, same], axis=1)
    features = np.concatenate([train.features, more.features])
    return FeatureSet(features, np.concatenate([train.labels, more.labels]), masked)


def held_out(labels: np.ndarray, subjects: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Which training recordings stand for those of test subjects: all of every fourth training subject.

    Where there is a single subject, every fourth recording of each class. A class that would be left without a
    recording to train on keeps all of its own.

    Args:
        labels, subjects: (N,) of all recordings.
        candidates: (N,) mask of training recordings of the classes trained on.

    Returns:
        (N,) mask.
    """
    people = np.unique(subjects[candidates])
    if len(people) > 1:
        chosen = people[3::4] if len(people) > 3 else people[-1:]
        result = candidates & np.isin(subjects, chosen)
    else:
        result = np.zeros_like(candidates)
        for label in np.unique(labels[candidates]):
            result[np.flatnonzero(candidates & (labels == label))[3::4]] = True
    kept = np.unique(labels[candidates & ~result])
    return result & np.isin(labels, kept)


def seen_class_accuracy(train: FeatureSet, seen: FeatureSet, classes: int) -> float | None:
    """How well a linear classifier tells the classes of `train` apart, on those of their recordings in `seen`.

    Args:
        train: features with class ids.
        seen: test recordings; those of classes that `train` lacks are left out.
        classes: K, the number of all class ids.

    Returns:
        Accuracy by recording; None where no recording in `seen` is of a class in `train`.
    """
    trained = np.unique(train.labels)
    tested = np.isin(seen.labels, trained)
    if not tested.any():
        return None
    classifier = align.ConSE(strength=0.1)
    classifier.fit(train.features, train.labels, np.eye(classes))
    predicted = trained[classifier.seen_probabilities(seen.features).argmax(axis=1)]
    return float((predicted == seen.labels)[tested].mean())
