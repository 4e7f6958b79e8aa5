"""Train the reader of words, and measure it: make reader, or python benchmarks/movement_reader.py [--without FILE…].

It learns from the written movements and from generated sentences. First a copy is trained
without 10 % of the actions, without one wording of some others and without the withheld wordings of the grammar; its
figures are printed. Then the reader of the package is trained on everything and written.
"""

import argparse
import copy
import math
import random
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from safetensors.numpy import save_file
from scipy.linalg import cho_factor, cho_solve
from torch import Tensor, nn
from torch.nn import functional

from zeroskel.core._files import atomic_path
from zeroskel.core._saved import with_prefix
from zeroskel.core._vocabulary import vocabulary
from zeroskel.text import SentenceEncoder
from zeroskel.text._movement_memory import SimilarWordings, kernel, mean_tokens, positions
from zeroskel.text._movement_reader import (
    HEADS,
    LONGEST,
    NEAR,
    left_first,
    mirrored_values,
    movements_without,
    normalised,
    token_states,
)
from zeroskel.text._movements import POSTURES, WrittenMovement, written_movements
from zeroskel.text._phrases import generated_movements

OUT = Path(__file__).parents[1] / "src" / "zeroskel" / "resources" / "movements" / "reader.safetensors"
FRAMES = ("exercise: {}", "{} in front of the camera", "video of: {}", "task: {}", "{}, as seen by a sensor")
BATCH, EPOCHS, RATE, GENERATED, GENERATED_AN_EPOCH = 64, 7, 2e-3, 13000, 6000
WIDTH, DEPTH, QUERIES, HIDDEN = 192, 1, 4, 384
VALUE_WEIGHT, CERTAINTY_WEIGHT = 8.0, 0.5
PENALTY, FILLINGS, SHARE = 0.05, 2, 0.5
TOKEN_DROPOUT, FEATURE_DROPOUT, HIDDEN_DROPOUT = 0.06, 0.1, 0.3

Row = tuple[str, np.ndarray, np.ndarray]  # text, values (Q,), certainties (Q,)


class Block(nn.Module):
    """Transformer block that normalises before each part."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_attention, self.norm_units = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention_in, self.attention_out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.units_in, self.units_out = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.1)

    def forward(self, states: Tensor, present: Tensor) -> Tensor:
        """Return states (N, T, W); `present` (N, T) marks the tokens."""
        count, length, _ = states.shape
        mixed = self.attention_in(self.norm_attention(states)).view(count, length, 3, HEADS, -1)
        queries, keys, values = mixed.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(queries, keys, values, present[:, None, None])
        states = states + self.dropout(self.attention_out(attended.transpose(1, 2).reshape(states.shape)))
        units = functional.gelu(self.units_in(self.norm_units(states)))
        return states + self.dropout(self.units_out(units))


class Network(nn.Module):
    """`MovementNetwork` in torch, with the same names of weights."""

    def __init__(self, tokens: int = 768) -> None:
        super().__init__()
        self.input = nn.Linear(tokens, WIDTH)
        self.norm_input, self.near = nn.LayerNorm(WIDTH), nn.Linear((2 * NEAR + 1) * WIDTH, WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(LONGEST, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.token_queries, self.state_queries = nn.Linear(tokens, QUERIES), nn.Linear(WIDTH, QUERIES)
        pooled = QUERIES * (tokens + WIDTH) + 2 * WIDTH
        self.norm, self.hidden = nn.LayerNorm(pooled), nn.Linear(pooled, HIDDEN)
        self.output = nn.Linear(HIDDEN, 2 * len(vocabulary()))
        self.feature_dropout, self.dropout = nn.Dropout(FEATURE_DROPOUT), nn.Dropout(HIDDEN_DROPOUT)

    def forward(self, tokens: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return values (N, Q) and the logits of certainties (N, Q) of tokens (N, T, D)."""
        tokens = self.feature_dropout(tokens)
        length = tokens.shape[1]
        inputs = self.norm_input(self.input(tokens)) * present[..., None]
        padded = functional.pad(inputs, (0, 0, NEAR, NEAR))
        neighbours = torch.cat([padded[:, step : step + length] for step in range(2 * NEAR + 1)], dim=2)
        near = functional.gelu(self.near(neighbours))
        states = inputs + near + self.positions[:length]
        for block in self.blocks:
            states = block(states, present)
        pooled = [_pooled(self.token_queries, tokens, present), _pooled(self.state_queries, states, present)]
        pooled += [some.masked_fill(~present[..., None], -1e9).amax(dim=1) for some in (states, near)]
        hidden = functional.gelu(self.hidden(self.norm(torch.cat(pooled, dim=1))))
        values, certainties = self.output(self.dropout(hidden)).chunk(2, dim=1)
        signed = torch.from_numpy(vocabulary().signed)
        return torch.where(signed, torch.tanh(values), torch.sigmoid(values)), certainties


def _pooled(queries: nn.Linear, tokens: Tensor, present: Tensor) -> Tensor:
    weights = queries(tokens).masked_fill(~present[..., None], -1e9).softmax(dim=1)
    return torch.einsum("ntd,ntq->nqd", tokens, weights).flatten(1)


class Texts:
    """Texts that say left first, with their tokens, in half precision one after the other."""

    known: ClassVar[dict[str, Tensor]] = {}

    def __init__(self, rows: Sequence[Row]) -> None:
        pairs = [left_first(normalised(text)) for text, *_ in rows]
        self.texts, self.mirrored = [text for text, _ in pairs], np.array([mirror for _, mirror in pairs])
        self.written = np.stack([values for _, values, _ in rows])
        values = np.where(self.mirrored[:, None], mirrored_values(self.written), self.written)
        self.values = torch.from_numpy(values.astype(np.float32))
        self.certainties = torch.from_numpy(np.stack([certainties for *_, certainties in rows]).astype(np.float32))
        new = sorted({*self.texts} - self.known.keys(), key=len)
        for first in range(0, len(new), BATCH):
            some = new[first : first + BATCH]
            self.known |= {
                text: torch.from_numpy(states).half() for text, states in zip(some, token_states(some), strict=True)
            }
        self.lengths = torch.tensor([len(self.known[text]) for text in self.texts])
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.tokens = torch.cat([self.known[text] for text in self.texts])

    def __len__(self) -> int:
        return len(self.texts)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return tokens (N, T, D), which of them are present (N, T), values and certainties (N, Q)."""
        lengths = self.lengths[rows, None]
        steps = torch.arange(int(lengths.max()))[None]
        tokens = self.tokens[self.starts[rows, None] + torch.minimum(steps, lengths - 1)].float()
        return tokens, steps < lengths, self.values[rows], self.certainties[rows]

    def batches(self, count: int) -> Iterator[Tensor]:
        """Yield the rows of batches of similar lengths, over `count` random texts."""
        for rows in torch.randperm(len(self))[:count].split(12 * BATCH):
            yield from rows[self.lengths[rows].argsort()].split(BATCH)


def trained(written: Texts, generated: Texts, seed: int) -> Network:
    """Return a network, its weights averaged over the steps of training."""
    torch.manual_seed(seed)
    network = Network()
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.02)
    steps, step = EPOCHS * (len(written) + GENERATED_AN_EPOCH) // BATCH, 0
    for _ in range(EPOCHS):
        batches = [(written, rows) for rows in written.batches(len(written))]
        batches += [(generated, rows) for rows in generated.batches(GENERATED_AN_EPOCH)]
        for texts, rows in random.Random(seed + step).sample(batches, len(batches)):
            cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / steps))
            optimizer.param_groups[0]["lr"] = RATE * min(1.0, (step + 1) / 150) * max(0.01, cosine)
            tokens, present, values, certainties = texts.batch(rows)
            visible = torch.rand(present.shape) > TOKEN_DROPOUT
            read, logits = network(tokens * visible[..., None], present)
            error = (certainties * (read - values) ** 2).sum() / certainties.sum()
            doubt = functional.binary_cross_entropy_with_logits(logits, certainties)
            optimizer.zero_grad()
            (VALUE_WEIGHT * error + CERTAINTY_WEIGHT * doubt).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 4 == 0:
                with torch.no_grad():
                    for mean, weight in zip(average.parameters(), network.parameters(), strict=True):
                        mean.lerp_(weight, max(0.015, 4 / (step + 4)))
    return average.eval()


def remembered(texts: Texts) -> SimilarWordings:
    """Return a memory of texts: a kernel ridge regression in which open values are those that it predicts itself."""
    tokens = [texts.known[text].numpy() for text in texts.texts]
    means = mean_tokens(tokens)
    mean, scale = means.mean(axis=0).astype(np.float16), (means.std(axis=0) + 1e-3).astype(np.float16)
    rows = positions(tokens, mean, scale)
    step = np.array([np.abs(rows).max() / 127], dtype=np.float32)
    rows = np.round(rows / step).astype(np.int8)
    similar = kernel(rows * step, rows * step)
    similar[np.diag_indices(len(rows))] += PENALTY
    system = cho_factor(similar, overwrite_a=True, check_finite=False)
    values, certainties = texts.values.numpy(), texts.certainties.numpy()
    bias = (certainties * values).sum(axis=0) / certainties.sum(axis=0)
    shares = np.minimum(1, certainties / 0.6)
    targets = shares * (values - bias)
    for _ in range(FILLINGS):
        predicted = targets - PENALTY * cho_solve(system, targets)
        targets = shares * (values - bias) + (1 - shares) * predicted
    coefficients = cho_solve(system, targets).astype(np.float16)
    share = np.where(vocabulary().mirrored, 0, SHARE)  # the network reads sides better
    arrays = {"mean": mean, "scale": scale, "positions": rows, "step": step}
    return SimilarWordings({**arrays, "coefficients": coefficients, "bias": bias, "share": share})


@torch.inference_mode()
def read(network: Network, memory: SimilarWordings, texts: Texts) -> np.ndarray:
    """Return values (N, Q) of all texts, in the sides that they were written in."""
    rows = torch.arange(len(texts)).split(256)
    values = np.concatenate([network(*texts.batch(some)[:2])[0].numpy() for some in rows])
    values += memory.share * (memory.read([texts.known[text].numpy() for text in texts.texts]) - values)
    return np.where(texts.mirrored[:, None], mirrored_values(values), values)


def explained(values: np.ndarray, texts: Texts) -> float:
    """Return R² weighted by certainty, the mean over the quantities that vary."""
    written, weights = texts.written, texts.certainties.numpy()
    totals = np.maximum(weights.sum(axis=0), 1e-9)
    means = (weights * written).sum(axis=0) / totals
    spread = (weights * (written - means) ** 2).sum(axis=0)
    varies = spread / totals > 0.005
    return float(np.mean(1 - (weights * (values - written) ** 2).sum(axis=0)[varies] / spread[varies]))


def right(values: np.ndarray, texts: Texts) -> dict[str, float]:
    """Return the shares of texts in which sides, the posture held, and one or both arms are read right."""
    index, written, sure = vocabulary().index, texts.written, texts.certainties.numpy() >= 0.99
    shares = {}
    for name in ("arm_side", "leg_side"):
        asked = sure[:, index(name)] & (np.abs(written[:, index(name)]) >= 0.99)
        shares[name] = float(np.mean(np.abs(values - written)[asked, index(name)] < 0.5))
    held = [index(f"held_{posture}") for posture in POSTURES]
    asked = sure[:, held].all(axis=1)
    shares["posture held"] = float(np.mean((values[:, held].argmax(axis=1) == written[:, held].argmax(axis=1))[asked]))
    alike, in_turn = index("arms_alike"), index("arms_in_turn")
    asked = texts.certainties.numpy()[:, [alike, in_turn]].min(axis=1) > 0.6
    both = [matrix[:, alike] + matrix[:, in_turn] > 0.5 for matrix in (values, written)]
    shares["one or both arms"] = float(np.mean((both[0] == both[1])[asked]))
    return shares


def withheld_names(arguments: Sequence[str]) -> set[str]:
    """Return normalised names that say left first.

    Each argument is a name, a file with one name a line, or a file of written movements.
    """
    names: set[str] = set()
    for argument in arguments:
        file, lines = Path(argument), [argument]
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            lines = list(tomllib.loads(text)) if file.suffix == ".toml" else text.splitlines()
        names |= {left_first(normalised(line))[0] for line in lines if line.strip()}
    return names


def with_synonyms(names: set[str], least: float, encoder: SentenceEncoder) -> set[str]:
    """Return names and the written wordings whose sentence embedding has a cosine of at least `least` with a name.

    Names and wordings say left first. A movement is withheld if one of its wordings is among them.
    """
    wordings = sorted({left_first(normalised(text))[0] for move in written_movements() for text in move.texts})
    cosines = (encoder.encode(wordings) @ encoder.encode(sorted(names)).T).max(axis=1)
    return names | {wording for wording, cosine in zip(wordings, cosines, strict=True) if cosine >= least}


def train_reader(movements: Sequence[WrittenMovement], out: Path, seed: int) -> None:
    """Train a reader on all wordings of some movements, and write its weights."""
    rows = [(text, move.values, move.certainties) for move in movements for text in move.texts]
    texts, generated = Texts(augmented(rows, seed)), generated_rows(GENERATED, seed, "all")
    weights = {name: weight.numpy() for name, weight in trained(texts, Texts(generated), seed).state_dict().items()}
    weights |= with_prefix("memory.", remembered(Texts(augmented(rows, seed, 0))).weights)
    with atomic_path(out) as temporary:
        save_file({name: _small(weight) for name, weight in weights.items()}, temporary)


def _small(weight: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(weight, np.float16 if weight.dtype.kind == "f" else None)


def augmented(rows: Sequence[Row], seed: int, share: float = 0.15) -> list[Row]:
    """Return the rows, and a share of them in frames; of texts that are mirror images of each other only one."""
    chance, added = random.Random(seed), []
    for text, values, certainties in rows:
        if chance.random() < share:
            added.append((chance.choice(FRAMES).format(text), values, certainties))
    return list({left_first(normalised(row[0]))[0]: row for row in (*rows, *added)}.values())


def generated_rows(count: int, seed: int, wordings: str) -> list[Row]:
    """Return generated sentences."""
    movements = generated_movements(count, seed, wordings=wordings)
    return [(movement.texts[0], movement.values, movement.certainties) for movement in movements]


def main() -> None:
    """Measure a reader on what it has not met, then train the reader of the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without", nargs="*", default=[], help="names, or files of them, to withhold")
    parser.add_argument(
        "--synonyms",
        type=float,
        metavar="COSINE",
        help="also withhold movements with a wording whose sentence embedding is this close to a withheld name, as 0.9",
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where to write the weights")
    parser.add_argument("--only-measure", action="store_true", help="do not train the reader of the package")
    parser.add_argument("--only-train", action="store_true", help="do not measure")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = withheld_names(options.without)
    if names and options.synonyms is not None:
        names = with_synonyms(names, options.synonyms, SentenceEncoder("minilm"))
    movements = movements_without(names)
    print(f"{len(movements)} actions, {len(written_movements()) - len(movements)} withheld")
    if not options.only_train:
        measure(movements, options.seed)
    if not options.only_measure:
        train_reader(movements, options.out, options.seed)
        print(f"wrote {options.out} ({options.out.stat().st_size / 2**20:.1f} MiB)")


def measure(movements: Sequence[WrittenMovement], seed: int) -> None:
    """Train without some actions and wordings, and print how these are read."""
    start = time.perf_counter()
    chance = np.random.default_rng(5)
    groups = sorted({left_first(normalised(m.texts[0]))[0] for m in movements})
    withheld = set(chance.permutation(groups)[: len(groups) // 10])
    rows: dict[str, list[Row]] = {"training": [], "known actions": [], "withheld actions": []}
    for movement in movements:
        name = normalised(movement.texts[0])
        new = left_first(name)[0] in withheld
        out = chance.integers(len(movement.texts)) if chance.random() < 0.3 and len(movement.texts) > 2 else -1
        for number, text in enumerate(movement.texts):
            part = "withheld actions" if new else "known actions" if number == out else "training"
            rows[part].append((text, movement.values, movement.certainties))
    written = Texts(augmented(rows["training"], seed))
    network = trained(written, Texts(generated_rows(GENERATED, seed, "known")), seed)
    memory = remembered(Texts(augmented(rows["training"], seed, 0)))
    for part in ("withheld actions", "known actions"):
        texts = Texts(rows[part])
        print(f"R2 on {len(texts)} withheld wordings of {part}: {explained(read(network, memory, texts), texts):.3f}")
    texts = Texts(generated_rows(2000, seed + 1, "withheld"))
    values = read(network, memory, texts)
    shares = ", ".join(f"{name} {share:.3f}" for name, share in right(values, texts).items())
    print(f"read right in {len(texts)} generated sentences of withheld wordings: {shares}")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
