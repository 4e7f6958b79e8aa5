"""Import modules from a checkout that the user names, and the task that official code and zeroskel share."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, RandomSampler, TensorDataset


class CheckoutError(Exception):
    """A checkout cannot be used; the message is one line."""


@dataclass(frozen=True, eq=False)
class Task:
    """One split of a dataset as features.

    Attributes:
        features: (N, D) features of the training recordings, as the encoder returns them.
        labels: (N,) their class ids.
        masked: (R, N, D) features of masked views of the same recordings.
        texts: (K, D_text) class embeddings of length one.
        test_features: (M, D) features of the test recordings of unseen classes.
        test_labels: (M,) their class ids.
        device: Device of the official training.
        share: Share of the published number of steps that is trained; 1 except in trials.
    """

    features: np.ndarray
    labels: np.ndarray
    masked: np.ndarray
    texts: np.ndarray
    test_features: np.ndarray
    test_labels: np.ndarray
    device: str = "cpu"
    share: float = 1.0

    @property
    def seen(self) -> np.ndarray:
        """Class ids that train, sorted."""
        return np.unique(self.labels)

    @property
    def unseen(self) -> np.ndarray:
        """Class ids of the test recordings, sorted."""
        return np.unique(self.test_labels)

    def steps(self, published: int) -> int:
        """Return the number of steps to train instead of the published number."""
        return max(1, round(self.share * published))

    def tensor(self, values: np.ndarray) -> Tensor:
        """Return the values on the device."""
        return torch.from_numpy(values).to(self.device)

    def loader(self, batch_size: int, batches: int, seed: int, *, drop_last: bool = False) -> DataLoader[Any]:
        """Return a loader of shuffled batches that repeats the training set as often as needed for their number."""
        dataset = TensorDataset(torch.from_numpy(self.features), torch.from_numpy(self.labels))
        draws = torch.Generator().manual_seed(seed)
        sampler = RandomSampler(dataset, num_samples=batches * batch_size, generator=draws)
        return DataLoader(dataset, batch_size=batch_size, sampler=sampler, drop_last=drop_last)


def file_of(checkout: Path, file: str) -> Path:
    """Return the path of a file of a checkout, or raise CheckoutError."""
    if not checkout.is_dir():
        raise CheckoutError(f"{checkout}: no such folder; expected a checkout with {file}")
    if not (checkout / file).is_file():
        raise CheckoutError(f"{checkout}: has no {file}; expected a checkout of the official repository")
    return checkout / file


def import_from(checkout: Path, file: str, *, argv: Sequence[str] = (), unused: Sequence[str] = ()) -> ModuleType:
    """Import a module of a checkout. This runs foreign code.

    Args:
        checkout: Root of the checkout.
        file: Path of the module in it. Modules that it imports by name are looked up in its folder, then in the root.
        argv: Arguments that the module finds on its command line.
        unused: Packages that the module imports and that nothing here calls; an empty module replaces a missing one.

    Raises:
        CheckoutError: The folder or file is missing, or the module cannot be imported.
    """
    path = file_of(checkout, file)
    before, search, arguments = dict(sys.modules), list(sys.path), list(sys.argv)
    relative = path.relative_to(checkout).with_suffix("")
    dotted = ".".join(relative.parts) if (path.parent / "__init__.py").is_file() or "models" in relative.parts else ""
    sys.path[:0] = [str(path.parent), str(checkout)] if not dotted else [str(checkout)]
    sys.argv[:] = [str(path), *argv]
    names_of_checkout = {p.stem for folder in {path.parent, checkout} for p in folder.glob("*.py")} | set(
        relative.parts
    )
    for name in [name for name in sys.modules if name.partition(".")[0] in names_of_checkout]:
        del sys.modules[name]  # put back below
    for name in unused:
        _replace_if_missing(name)
    try:
        return importlib.import_module(dotted or path.stem)
    except SystemExit as error:
        raise CheckoutError(f"{path}: refuses the arguments {' '.join(argv)}; another version of the code?") from error
    except ImportError as error:
        raise CheckoutError(f"{path}: cannot be imported ({error}); install what it needs") from error
    except Exception as error:
        raise CheckoutError(f"{path}: cannot be imported ({type(error).__name__}: {error})") from error
    finally:
        sys.path[:], sys.argv[:] = search, arguments
        for name in set(sys.modules) - set(before):
            source = getattr(sys.modules[name], "__file__", None) or ""
            if name in unused or source.startswith(str(checkout)):
                del sys.modules[name]
        sys.modules.update(before)


def needed(module: ModuleType, checkout: Path, *names: str) -> None:
    """Raise CheckoutError if the module lacks one of the names."""
    if missing := [name for name in names if not hasattr(module, name)]:
        raise CheckoutError(f"{checkout}: {module.__name__}.py has no {missing[0]}; another version of the code?")


def _replace_if_missing(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            module = _Empty(".".join(parts[:end]))
            module.__path__ = []
            sys.modules.setdefault(module.__name__, module)


class _Empty(ModuleType):
    """Module every name of which is an empty class, so that `from it import name` works."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextmanager
def cuda_is(device: str) -> Iterator[None]:
    """Let calls of `Tensor.cuda` inside the context, which official code has everywhere, move to this device."""
    original = torch.Tensor.cuda
    torch.Tensor.cuda = lambda self, *_, **__: self.to(device)  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.Tensor.cuda = original  # type: ignore[method-assign]


def seed_everything(seed: int) -> None:
    """Seed the global generators that official code draws from."""
    import random

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
