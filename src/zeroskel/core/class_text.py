"""ClassText: what one action class says, in texts and in numbers."""

from dataclasses import dataclass

from zeroskel.core.errors import InputError


@dataclass(frozen=True)
class ClassText:
    """Texts and numbers that stand for one action class.

    A class embedding is the concatenation of one part for each block. A block is embedded from its numbers where the
    prompt asks for numbers, else from its texts by a sentence encoder.

    Args:
        name: name of the class.
        texts: B blocks of one or more texts.
        numbers: one entry for each of the B blocks. None: the block is embedded from its texts. A tuple of A floats:
            the aspects of the movement, in the order of `zeroskel.text.aspect_names`. An empty tuple: the aspects are
            unknown and must be predicted from the block's text. A tuple of 2 Q floats: the means and deviations of the
            Q quantities of the movement vocabulary. The default is None for every block.

    Raises:
        InputError: if there is no block, a block has no text, or `numbers` has another length than `texts`.

    Example:
        >>> from zeroskel.core import ClassText
        >>> text = ClassText("wave", (("wave", "a person waves"),))
        >>> text.all_texts
        ['wave', 'a person waves']
        >>> text.has_numbers
        False
    """

    name: str
    texts: tuple[tuple[str, ...], ...]
    numbers: tuple[tuple[float, ...] | None, ...] = ()

    def __post_init__(self) -> None:
        if not self.texts or not all(self.texts):
            raise InputError(f"Class {self.name!r} has a block without a text. Every block needs at least one text.")
        if not self.numbers:
            object.__setattr__(self, "numbers", (None,) * len(self.texts))
        if len(self.numbers) != len(self.texts):
            raise InputError(
                f"Class {self.name!r} has numbers for {len(self.numbers)} blocks and texts for {len(self.texts)}. "
                "Give one entry of numbers for each block of texts."
            )

    @property
    def all_texts(self) -> list[str]:
        """Return the texts of all blocks in one list."""
        return [text for block in self.texts for text in block]

    @property
    def has_numbers(self) -> bool:
        """Return whether any block is embedded from numbers instead of texts."""
        return any(values is not None for values in self.numbers)
