"""ST-GCN that is pre-trained as a classifier of the seen classes."""

import copy
import logging
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.core import InputError
from zeroskel.core._options import layout_name, option
from zeroskel.encoders._augmentation import Changes, changed, drawn_changes, drawn_on_device
from zeroskel.encoders._gpu_batches import GpuBatches
from zeroskel.encoders._processes import launched_accelerator, share_of_process
from zeroskel.encoders.base import BatchSource, EpochProgress, SkeletonEncoder
from zeroskel.encoders.stgcn import STGCN, _fast_inference
from zeroskel.neural import _cuda_graphs
from zeroskel.neural._tensors import arrays_of, expected_device, load_arrays
from zeroskel.neural._training import seeded, train, warmup_cosine

logger = logging.getLogger(__name__)

_WITHHELD_SHARE = 0.2


@attrs.define(slots=False, eq=False, repr=False)
class PretrainedSTGCN(SkeletonEncoder):
    """STGCN that is trained with a linear classifier of the seen classes, then frozen.

    Training minimises the cross-entropy with Adam; the learning rate falls to 0 along half a cosine. SMIE trains 150
    epochs with batches of 128 at 5e-3. The defaults were chosen on a withheld training subject of the seen classes of
    UTD-MHAD, of whose recordings they classify 0.73 correctly.

    Training resumes from a checkpoint, and distributes over the processes that `accelerate launch` starts: each
    computes its share of every batch, while batch statistics, loss and gradients are those of the whole batch. The
    number of processes changes the result only by rounding.

    On a GPU the sequences stay there if they take at most half of its free memory, it draws the random changes itself,
    and one process repeats the steps as CUDA graphs. `accelerate launch --mixed_precision bf16` trains in bfloat16.

    Args:
        layout: Joint layout of the batches, or its name.
        epochs: Number of training epochs.
        batch_size: Sequences per step.
        learning_rate: Base learning rate of Adam.
        augment: Rotate, scale, crop and jitter the training batches at random.
        dropout: Dropout rate in the blocks, in training.
        hidden_channels: Channels of the first blocks of STGCN.
        embed_dim: D, length of a feature.
        in_channels: C, coordinates of a joint.
        select: "last" keeps the last epoch. "withheld-subjects" withholds a fifth of the training subjects and keeps
            the epoch that classifies their recordings best. Both use seen classes only.
        device: Device to train and encode on.

    Raises:
        InputError: An option is out of bounds.
        LayoutError: The layout is unknown.

    Attributes:
        network_: The STGCN, in evaluation mode.
        classifier_: The linear layer on its features.
        history_: One record per epoch: "epoch", "learning_rate", "loss" and "accuracy" on the training batches, and
            "withheld_accuracy" if subjects are withheld.
        selected_epoch_: The epoch whose weights are used, 1-based.

    Example:
        >>> import numpy as np
        >>> from zeroskel.encoders import PretrainedSTGCN
        >>> batches, labels = np.random.default_rng(0).normal(size=(6, 3, 8, 20, 1)), np.arange(6) % 2
        >>> encoder = PretrainedSTGCN("kinect-20", epochs=1, hidden_channels=4, embed_dim=16).fit(batches, labels)
        >>> encoder.encode(batches).shape
        (6, 16)
    """

    encoder = "stgcn"

    layout: str = layout_name("ntu-25")
    epochs: int = option(30, at_least=1)
    batch_size: int = option(32, at_least=2)
    learning_rate: float = option(2e-3, above=0.0)
    augment: bool = option(True)
    dropout: float = option(0.0, at_least=0.0, below=1.0)
    hidden_channels: int = option(16, at_least=1)
    embed_dim: int = option(256, at_least=1)
    in_channels: int = option(3, at_least=1)
    select: str = option("last", one_of=("last", "withheld-subjects"))
    device: str = option("cpu", check=expected_device)

    def to_torch(self) -> nn.Module:
        """Return a copy of the network on the CPU in evaluation mode; see `SkeletonEncoder.to_torch`."""
        self._check_fitted()
        return copy.deepcopy(self.network_).cpu().eval()

    def _fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None,
        seed: int,
        on_epoch: EpochProgress | None,
        checkpoint: Path | None,
    ) -> None:
        rng = np.random.default_rng(seed)
        rows, withheld = np.arange(len(labels)), np.arange(0)
        if self.select == "withheld-subjects":
            if subjects is None or len(np.unique(subjects)) < 2:
                raise InputError("select 'withheld-subjects' needs the subject of each sequence, and at least two")
            rows, withheld = _withhold(np.asarray(subjects), rng)
        classes, accelerator = torch.from_numpy(labels), launched_accelerator()
        share = share_of_process(accelerator)
        device = torch.device(self.device) if accelerator is None else accelerator.device
        batches_per_epoch = max(1, round(len(rows) / self.batch_size))
        on_gpu = GpuBatches(batches, labels, device) if _cuda_graphs.is_gpu(device) else None

        def inputs(epoch: int) -> Iterator[tuple[Tensor, ...]]:
            index_batches = np.array_split(rng.permutation(rows), batches_per_epoch)
            if on_gpu is not None:  # it draws the changes
                yield from on_gpu.steps(index_batches)
                return
            for chosen in index_batches:
                sequences = torch.from_numpy(np.ascontiguousarray(batches[chosen]))
                changes = drawn_changes(sequences.shape, rng) if self.augment else ()
                yield sequences, classes[chosen], *changes

        def step(model: nn.Module, sequences: Tensor, target: Tensor, *changes: Tensor) -> dict[str, Tensor]:
            if self.augment and not changes:
                changes = drawn_on_device(sequences.shape, sequences.device)
            count, sequences, target = len(target), sequences[share], target[share]
            if changes:
                sequences = changed(sequences, Changes(*(values[share] for values in changes)))
            logits = model(sequences)
            target = target.to(logits.device)
            loss = nn.functional.cross_entropy(logits, target, reduction="sum") / count
            correct = (logits.argmax(dim=1) == target).sum()
            return {"loss": loss, "accuracy": correct * (batches_per_epoch / len(rows))}  # the mean counts samples

        def after_epoch(record: dict[str, float]) -> None:
            if len(withheld):
                record["withheld_accuracy"] = self._accuracy(batches, classes, withheld)
            logger.info("pre-training, epoch %d of %d: %s", record["epoch"], self.epochs, record)
            if on_epoch is not None:
                on_epoch(int(record["epoch"]), self.epochs)

        with seeded(seed):
            model = self._new_model(int(labels.max()) + 1).to(device)
            history = train(
                model,
                step,
                inputs,
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                schedule=lambda epoch: warmup_cosine(epoch, self.epochs),
                on_epoch=after_epoch,
                best_by="withheld_accuracy" if len(withheld) else None,
                checkpoint=checkpoint,
                generator=rng,
                accelerator=accelerator,
            )
        self.history_, self.selected_epoch_ = history.epochs, self.epochs
        if history.best is not None:
            _, self.selected_epoch_, weights = history.best
            model.load_state_dict(weights)
        self.network_.eval()

    def _accuracy(self, batches: BatchSource, labels: Tensor, rows: np.ndarray) -> float:
        self.network_.eval()
        with torch.inference_mode():
            parts = np.array_split(rows, max(1, len(rows) // 256))
            logits = torch.cat([self.classifier_(self.network_(np.asarray(batches[part]))).cpu() for part in parts])
        return float((logits.argmax(dim=1) == labels[rows]).double().mean())

    def _encode(self, batch: np.ndarray) -> np.ndarray:
        return _fast_inference(self.network_, np.asarray(batch)).cpu().numpy()

    def _new_model(self, classes: int) -> nn.Sequential:
        """Set and return a new network and classifier."""
        self.network_ = STGCN(
            self.layout, self.hidden_channels, self.embed_dim, in_channels=self.in_channels, dropout=self.dropout
        )
        self.classifier_ = nn.Linear(self.embed_dim, classes)
        return nn.Sequential(self.network_, self.classifier_).to(self.device)

    def _state(self) -> dict[str, np.ndarray]:
        return arrays_of(nn.Sequential(self.network_, self.classifier_))

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        load_arrays(self._new_model(len(state["1.bias"])), state)
        self.network_.eval()


def _withhold(subjects: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the subjects to train on and the rows of the withheld subjects."""
    people = rng.permutation(np.unique(subjects))
    chosen = people[: max(1, round(_WITHHELD_SHARE * len(people)))]
    withheld = np.isin(subjects, chosen)
    return np.flatnonzero(~withheld), np.flatnonzero(withheld)
