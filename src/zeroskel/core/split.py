"""ZeroShotSplit: which classes are seen in training and which are not."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core.errors import SplitError


@dataclass(frozen=True)
class ZeroShotSplit:
    """Seen and unseen classes of a data set, as 0-based class ids.

    Args:
        name: e.g. "purls-5".
        class_names: K names, in the order of the ids.
        unseen: ids never used in training nor for any choice.
        validation_unseen: seen ids that may be withheld from training to choose hyper-parameters.
        source: where the split was published or how it was made.
        held_out: the member of a pool whose recordings test while those of all others train, or "": then the data
            set's protocol says which recordings train.

    Raises:
        SplitError: ids out of range, repeated, overlapping, or fewer than two seen or unseen classes.
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
        """Which recordings train where the split says so, "cross-dataset:MEMBER"; else ""."""
        return f"cross-dataset:{self.held_out}" if self.held_out else ""

    @property
    def seen(self) -> tuple[int, ...]:
        """Ids that training may use: all that are not unseen (validation_unseen included)."""
        return tuple(i for i in range(len(self.class_names)) if i not in set(self.unseen))

    def names(self, ids: tuple[int, ...] | np.ndarray) -> list[str]:
        """Class names of ids."""
        return [self.class_names[int(i)] for i in ids]
