"""ST-GCN pre-trained as a classifier of seen classes."""

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.encoders.base import BatchSource, OnEpoch, SkeletonEncoder
from zeroskel.encoders.classifier_training import train_classifier
from zeroskel.encoders.folded_stgcn import FoldedSTGCN
from zeroskel.encoders.stgcn import STGCN

SELECTIONS = ("last", "withheld-subjects")
WITHHELD_SHARE = 0.2


class PretrainedSTGCN(SkeletonEncoder):
    """STGCN trained with a linear classifier of the seen classes (cross-entropy, Adam, cosine rate), then frozen.

    Published (SMIE): 150 epochs of batch 128 at 5e-3. The defaults (30 epochs of batch 32 at 2e-3, augmented) were
    fixed on a withheld training subject of UTD-MHAD's seen classes: 0.73 of its recordings right.

    Args:
        layout: joint layout of the batches.
        epochs: length of training.
        batch_size: sequences a step.
        learning_rate: Adam's base rate; half a cosine takes it to 0.
        augment: turn, scale, crop and jitter the training batches at random.
        dropout: in the blocks, while training.
        hidden_channels, embed_dim, in_channels: sizes of STGCN.
        select: "last" epoch, or the epoch that is most accurate on "withheld-subjects": a fifth of the training
            subjects are then not trained on (of the seen classes; no unseen class plays any part).
        device: where to train.

    Attributes:
        network_: the STGCN, in evaluation mode.
        classifier_: the linear layer on its features.
        history_: a dict an epoch: "epoch", "loss", "accuracy" on the training batches, and "withheld_accuracy".
        selected_epoch_: the epoch whose weights were kept, 1-based.
    """

    encoder = "stgcn"

    def __init__(
        self,
        layout: str | Layout = "ntu-25",
        *,
        epochs: int = 30,
        batch_size: int = 32,
        learning_rate: float = 2e-3,
        augment: bool = True,
        dropout: float = 0.0,
        hidden_channels: int = 16,
        embed_dim: int = 256,
        in_channels: int = 3,
        select: str = "last",
        device: str = "cpu",
    ) -> None:
        self.layout = get_layout(layout).name
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.augment = augment
        self.dropout = dropout
        self.hidden_channels = hidden_channels
        self.embed_dim = embed_dim
        self.in_channels = in_channels
        self.select = select
        self.device = device
        self._folded: FoldedSTGCN | None = None

    def _fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None,
        seed: int,
        on_epoch: OnEpoch | None,
        checkpoint: Path | None,
    ) -> None:
        self._check_options(subjects)
        rng = np.random.default_rng(seed)
        trained, withheld = np.arange(len(labels)), np.arange(0)
        if self.select == "withheld-subjects":
            trained, withheld = _withhold(np.asarray(subjects), rng)
        classes = torch.from_numpy(labels)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network_ = self._new_network()
            self.classifier_ = nn.Linear(self.embed_dim, int(labels.max()) + 1).to(self.device)
            model = nn.Sequential(self.network_, self.classifier_)
            run = train_classifier(
                *(model, batches, classes, trained, rng),
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                augmented=self.augment,
                withheld_accuracy=(lambda: self._accuracy(batches, classes, withheld)) if len(withheld) else None,
                checkpoint=checkpoint,
                on_epoch=on_epoch,
            )
        self.history_, self.selected_epoch_ = run.history, self.epochs
        if run.best is not None:
            self.selected_epoch_ = run.best[1]
            model.load_state_dict(run.best[2])
        self.network_.eval()
        self._folded = None

    def _accuracy(self, batches: BatchSource, labels: Tensor, rows: np.ndarray) -> float:
        self.network_.eval()
        right = 0
        with torch.inference_mode():
            for part in np.array_split(rows, max(1, len(rows) // 256)):
                predicted = self.classifier_(self.network_(np.asarray(batches[part]))).argmax(dim=1).cpu()
                right += int((predicted == labels[part]).sum())
        return right / len(rows)

    def _encode(self, batch: np.ndarray) -> np.ndarray:
        if self._folded is None:
            self._folded = FoldedSTGCN(self.network_)
        return self._folded(np.asarray(batch)).cpu().numpy()

    def to_torch(self) -> nn.Module:
        """Return a copy of the network on the CPU in evaluation mode; see `SkeletonEncoder.to_torch`."""
        self._check_fitted()
        return copy.deepcopy(self.network_).cpu().eval()

    def _new_network(self) -> STGCN:
        network = STGCN(
            self.layout, self.hidden_channels, self.embed_dim, in_channels=self.in_channels, dropout=self.dropout
        )
        try:
            return network.to(self.device)
        except (RuntimeError, AssertionError) as error:  # torch's, for a device that is not there and for no device
            why = str(error).partition("\n")[0]
            raise InputError(f"device is {self.device!r} ({why}); expected cpu, or cuda with a GPU") from error

    def _state(self) -> dict[str, np.ndarray]:
        state = nn.Sequential(self.network_, self.classifier_).state_dict()
        return {name: value.cpu().numpy() for name, value in state.items()}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self.network_ = self._new_network()
        self.classifier_ = nn.Linear(self.embed_dim, len(state["1.bias"])).to(self.device)
        model = nn.Sequential(self.network_, self.classifier_)
        model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
        self.network_.eval()
        self._folded = None

    def _check_options(self, subjects: np.ndarray | None) -> None:
        if self.select not in SELECTIONS:
            raise InputError(f"select is {self.select!r}; expected {' or '.join(map(repr, SELECTIONS))}")
        if self.epochs < 1 or self.batch_size < 2 or self.learning_rate <= 0:
            raise InputError(
                f"epochs {self.epochs}, batch_size {self.batch_size}, learning_rate {self.learning_rate}; expected at "
                "least 1, at least 2 and more than 0"
            )
        if self.select == "withheld-subjects" and (subjects is None or len(np.unique(subjects)) < 2):
            raise InputError("select 'withheld-subjects' needs the subject of each sequence, and at least two of them")


def _withhold(subjects: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the subjects trained on and of those withheld."""
    people = rng.permutation(np.unique(subjects))
    chosen = people[: max(1, round(WITHHELD_SHARE * len(people)))]
    withheld = np.isin(subjects, chosen)
    return np.flatnonzero(~withheld), np.flatnonzero(withheld)
