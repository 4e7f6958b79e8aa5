"""The data that methods learn from: features of labelled sequences, and the split into seen and unseen classes."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core.errors import InputError, SplitError


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of N sequences with their class ids.

    Args:
        features: (N, D) float32.
        labels: (N,) 0-based class ids.
        masked: (R, N, D) features of R views without the frames of most motion, or None.

    Raises:
        InputError: lengths or axes differ.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import FeatureSet
        >>> len(FeatureSet(np.zeros((4, 256), np.float32), labels=np.array([0, 0, 1, 2])))
        4
    """

    features: np.ndarray
    labels: np.ndarray
    masked: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.labels.shape != (len(self.features),):
            raise InputError(f"features {self.features.shape} and labels {self.labels.shape}; expected (N, D) and (N,)")
        if self.masked is not None and self.masked.shape[1:] != self.features.shape:
            raise InputError(f"masked features {self.masked.shape}; expected (R, {len(self.features)}, D)")

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class ZeroShotSplit:
    """Seen and unseen classes of a dataset, as 0-based class ids.

    Args:
        name: name of the split, such as "purls-5".
        class_names: K names in the order of the ids.
        unseen: ids that are never used for training or for any choice.
        validation_unseen: seen ids that may be withheld from training to select hyper-parameters.
        source: publication of the split, or the way it was drawn.
        held_out: member of a pool whose recordings are the test set while those of all other members are the training
            set. If empty, the protocol of the dataset says which recordings train.

    Raises:
        SplitError: ids are out of range, repeated or overlapping, or there are fewer than two seen or unseen classes.

    Example:
        >>> from zeroskel.core import ZeroShotSplit
        >>> split = ZeroShotSplit("mine", ("sit", "stand", "wave", "kick"), (2, 3), (), source="example")
        >>> split.names(split.seen)
        ['sit', 'stand']
    """

    name: str
    class_names: tuple[str, ...]
    unseen: tuple[int, ...]
    validation_unseen: tuple[int, ...]
    source: str
    held_out: str = ""

    def __post_init__(self) -> None:
        count = len(self.class_names)
        for what, ids in (("unseen", self.unseen), ("validation_unseen", self.validation_unseen)):
            wrong = [i for i in ids if not 0 <= i < count]
            if wrong or len(set(ids)) != len(ids):
                raise SplitError(
                    f"split {self.name}: {what} ids {wrong or list(ids)} are repeated or not within 0 to {count - 1}"
                )
        both = sorted(set(self.unseen) & set(self.validation_unseen))
        if both:
            raise SplitError(f"split {self.name}: classes {both} are both unseen and validation_unseen")
        if len(self.unseen) < 2 or len(self.seen) < 2:
            raise SplitError(
                f"split {self.name}: {len(self.seen)} seen and {len(self.unseen)} unseen classes of {count}; "
                "expected at least two of each"
            )

    @property
    def protocol(self) -> str:
        """Protocol "cross-dataset:MEMBER" of a split that holds out a member; else empty."""
        return f"cross-dataset:{self.held_out}" if self.held_out else ""

    @property
    def seen(self) -> tuple[int, ...]:
        """Ids that training may use: all ids that are not unseen, including `validation_unseen`."""
        return tuple(i for i in range(len(self.class_names)) if i not in set(self.unseen))

    def names(self, ids: tuple[int, ...] | np.ndarray) -> list[str]:
        """Return the class names of ids.

        Args:
            ids: 0-based class ids.
        """
        return [self.class_names[int(i)] for i in ids]
