"""EncodedSplit: the features of one dataset under one split, and the classes that are added to its training set."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zeroskel import align, encoders
from zeroskel.core import FeatureSet

ENCODE_AT_ONCE = 128
OBSERVED_SHARES = tuple(round(0.1 * step, 1) for step in range(1, 11))


@dataclass(frozen=True)
class EncoderConfig:
    """Choice of an encoder, its options and its seed.

    Args:
        name: Name of the encoder; "features" for ready features.
        options: Options that differ from the encoder's defaults.
        masked_views: Number of masked views of each training sequence.
        seed: Seed of the encoder and of the masked views.

    Example:
        >>> from zeroskel.features import EncoderConfig
        >>> EncoderConfig("kinematic", {"embed_dim": 32}).all_options()["embed_dim"]
        32
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    masked_views: int = 4
    seed: int = 0

    def all_options(self) -> dict[str, Any]:
        """Return the options with the encoder's defaults; for ready features, the given options."""
        if self.name not in encoders.available():
            return self.options
        return encoders.create(self.name, "kinect-20", **self.options).options()

    def identity(self) -> tuple[str, dict[str, Any], int]:
        """Return the name, the options and the seed, which determine a fitted encoder; the device does not."""
        options = {name: value for name, value in self.all_options().items() if name != "device"}
        return self.name, options, self.seed


@dataclass(frozen=True, eq=False)
class AddedClasses:
    """Classes that are added to a training set and are never candidates.

    Args:
        train: Features of their recordings; the labels index `class_embeddings`.
        class_embeddings: (S, D_text) embeddings, made as those of the dataset.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import FeatureSet
        >>> from zeroskel.features import AddedClasses
        >>> added = AddedClasses(FeatureSet(np.ones((2, 3)), np.array([0, 0])), np.ones((1, 4)))
        >>> len(added.train)
        2
    """

    train: FeatureSet
    class_embeddings: np.ndarray


@dataclass(frozen=True, eq=False)
class EncodedSplit:
    """Features of one dataset under one split, by one encoder that never saw an unseen class.

    With classes withheld it is the same split one level down, made of training recordings only: validation classes
    stand for the unseen classes, some training subjects for the test subjects.

    Args:
        train: Training recordings of the classes trained on, with masked views.
        unseen: Test recordings of unseen classes. Withheld: all training recordings of the validation classes.
        seen: Test recordings of seen classes, or None. Withheld: held-out training recordings.
        observed: (S, n, D) features of `unseen` at the shares of frames in `OBSERVED_SHARES`; None for ready features
            and for withheld classes.
        seen_class_accuracy: Accuracy on `seen` of a linear classifier that was trained on `train`, or None.
        added: Classes that are added to the training set, or None.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import FeatureSet
        >>> from zeroskel.features import EncodedSplit
        >>> train = FeatureSet(np.ones((2, 3)), np.array([0, 1]))
        >>> unseen = FeatureSet(np.ones((1, 3)), np.array([2]))
        >>> EncodedSplit(train, unseen, seen=None, observed=None, seen_class_accuracy=None).added is None
        True
    """

    train: FeatureSet
    unseen: FeatureSet
    seen: FeatureSet | None
    observed: np.ndarray | None
    seen_class_accuracy: float | None
    added: AddedClasses | None = None


def with_added(train: FeatureSet, added: AddedClasses, class_embeddings: np.ndarray) -> tuple[FeatureSet, np.ndarray]:
    """Return (N + n, D) training features and (K + S, D_text) class embeddings, those of the added classes at the end.

    The labels of `train` index `class_embeddings` (K, D_text). The added features also stand for their masked views.
    """
    more = FeatureSet(added.train.features, len(class_embeddings) + added.train.labels)
    return with_more(train, more), np.concatenate([class_embeddings, added.class_embeddings])


def with_more(train: FeatureSet, more: FeatureSet) -> FeatureSet:
    """Return training features with more of the same classes at the end, which also stand for their masked views."""
    features, labels = np.concatenate([train.features, more.features]), np.concatenate([train.labels, more.labels])
    if train.masked is None:
        return FeatureSet(features, labels)
    views = np.broadcast_to(more.features, (len(train.masked), *more.features.shape))
    return FeatureSet(features, labels, np.concatenate([train.masked, views], axis=1))


def in_parts(rows: np.ndarray) -> list[np.ndarray]:
    """Return rows in parts that are encoded together."""
    return [rows[start : start + ENCODE_AT_ONCE] for start in range(0, len(rows), ENCODE_AT_ONCE)]


def held_out(labels: np.ndarray, subjects: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return the (N,) mask of training recordings that stand for test recordings: all of every fourth training subject.

    With a single subject, these are every fourth recording of each class. A class that would be left without a
    training recording keeps all of its recordings.

    Args:
        labels: (N,) class ids of all recordings.
        subjects: (N,) subjects of all recordings.
        candidates: (N,) mask of the training recordings of the classes trained on.
    """
    people = np.unique(subjects[candidates])
    if len(people) > 1:
        mask = candidates & np.isin(subjects, people[3::4] if len(people) > 3 else people[-1:])
    else:
        mask = np.zeros_like(candidates)
        for label in np.unique(labels[candidates]):
            mask[np.flatnonzero(candidates & (labels == label))[3::4]] = True
    still_trained = np.unique(labels[candidates & ~mask])
    return mask & np.isin(labels, still_trained)


def seen_class_accuracy(train: FeatureSet, seen: FeatureSet, classes: int) -> float | None:
    """Return the accuracy by recording of a linear classifier of the trained classes, among K = `classes` ids.

    Test recordings of classes that `train` lacks are left out; None where none remains.
    """
    trained = np.unique(train.labels)
    tested = np.isin(seen.labels, trained)
    if not tested.any():
        return None
    classifier = align.ConSE(strength=0.1)
    classifier.fit(train.features, train.labels, np.eye(classes))
    predicted = trained[classifier.seen_probabilities(seen.features).argmax(axis=1)]
    return float((predicted == seen.labels)[tested].mean())
