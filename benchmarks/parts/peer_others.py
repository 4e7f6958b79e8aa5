"""Drive the released SMIE, TDSM and Flora on features."""

import logging
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, mse_loss, softplus

from parts.peer_checkout import CheckoutError, Task, import_from, needed, seed_everything

AT_ONCE = 512


def smie(checkout: Path, task: Task, seed: int) -> np.ndarray:
    """Return the predicted class of each test recording by the network of model.py, trained as procedure.py does.

    The frozen encoder is not run again in each epoch: epoch e uses cached masked view e modulo their number.
    """
    rate, epochs, warmup, batch, margin = 1e-5, task.steps(100), 15, 128, 0.1
    code = import_from(checkout, "model.py")
    needed(code, checkout, "MI")
    seed_everything(seed)
    network = code.MI(task.features.shape[1], task.texts.shape[1]).to(task.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    features, views, texts = (task.tensor(values) for values in (task.features, task.masked, task.texts))
    text_of_each = texts[task.tensor(task.labels)]
    for epoch in range(epochs):
        shape = 0.5 * (1 + math.cos(math.pi * (epoch - warmup) / (100 - warmup)))
        optimizer.param_groups[0]["lr"] = rate * (epoch / warmup if epoch < warmup else shape)
        for rows in torch.randperm(len(features)).split(batch):
            motion, text = features[rows], text_of_each[rows]
            information = network(motion, text)
            masked = network.temp_constrain(motion, views[epoch % len(views)][rows], text)
            loss = -information + 0.5 * torch.clamp(margin - (information - masked), min=0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    test, candidates = task.tensor(task.test_features), texts[task.tensor(task.unseen)]
    with torch.no_grad():  # as its get_acc, which does not normalise features and calls CUDA
        scores = [-softplus(-network.global_D(test, text.expand(len(test), -1))).squeeze(-1) for text in candidates]
    return _predicted(task, torch.stack(scores, dim=1))


def tdsm(checkout: Path, task: Task, seed: int) -> np.ndarray:
    """Return the predicted class of each test recording by the transformer of model/dit.py, trained as train.py does.

    Its noise schedule is the one of the Stable Diffusion checkpoint that it loads. The text is one token, not 35 of
    CLIP. 170 million parameters for 50,000 steps need a GPU.
    """
    steps, batch, times, at, noises = task.steps(50_000), 256, 50, 25, 3
    code = import_from(checkout, "model/dit.py")
    needed(code, checkout, "DiT")
    seed_everything(seed)
    network = code.DiT(in_channels=task.features.shape[1], cond_size=task.texts.shape[1]).to(task.device)
    network.fl_pos_embed = torch.nn.Parameter(network.fl_pos_embed[:, :1].detach().clone())
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(_warmup_cosine, steps=steps))
    signal_shares = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, times) ** 2, dim=0).to(task.device)
    texts, seen = task.tensor(task.texts), torch.from_numpy(task.seen)

    def noise_errors(motion: Tensor, noise: Tensor, time: Tensor, text: Tensor) -> Tensor:
        share = signal_shares[time][:, None, None]
        noisy = share.sqrt() * motion[:, None] + (1 - share).sqrt() * noise
        return mse_loss(network(noisy, time, text, text[:, None]), noise, reduction="none").mean(dim=(1, 2))

    for motions, labels in task.loader(batch, steps, seed, drop_last=True):
        others = seen[torch.randint(len(seen), labels.shape)]
        motion, noise = motions.to(task.device).repeat(2, 1), torch.randn(batch, 1, motions.shape[1]).repeat(2, 1, 1)
        time, text = torch.randint(times, (batch,)).repeat(2), texts[torch.cat((labels, others)).to(task.device)]
        errors = noise_errors(motion, noise.to(task.device), time.to(task.device), text)
        right, wrong = errors.split(batch)
        different = (labels != others).float().to(task.device)
        loss = right.mean() + (torch.clamp(right - wrong + 1.0, min=0) * different).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    rows, draws = [], torch.randn(noises, 1, 1, task.features.shape[1], device=task.device)
    with torch.no_grad():
        for motion in task.tensor(task.test_features).split(AT_ONCE):
            time, columns = torch.full((len(motion),), at, device=task.device), []
            for text in texts[task.tensor(task.unseen)]:
                of_each = text.expand(len(motion), -1)
                columns.append(
                    sum(noise_errors(motion, draw.expand(len(motion), -1, -1), time, of_each) for draw in draws)
                )
            rows.append(torch.stack(columns, dim=1))
    return _predicted(task, -torch.cat(rows))


def flora(checkout: Path, task: Task, seed: int, *, seen_neighbours: bool = False) -> np.ndarray:
    """Return the predicted class of each test recording by trainer.py and models/fm.py, options of NTU-60, 12 unseen.

    The text is one token, not 36 of CLIP. The released code takes the neighbour of a text among all classes, so that
    texts of unseen classes enter the training. With `seen_neighbours` it is taken among seen texts only.
    """
    unused = ("transformers", "models.shiftgcn.shiftgcn")
    code = import_from(checkout, "models/fm.py", unused=unused)
    needed(code, checkout, "MappingNet")
    trainer = import_from(checkout, "trainer.py", unused=unused)
    needed(trainer, checkout, "Trainer")
    seed_everything(seed)
    texts, align = task.tensor(task.texts)[:, None], task.steps(1000)

    class OnFeatures(code.MappingNet):  # type: ignore[misc, name-defined]
        def load_pretrained_models(self) -> None:
            pass

        def extract_text_embeddings(self) -> Tensor:
            return texts

    args = SimpleNamespace(sigma_min=1e-5, sigma_max=1.0, ske_dim=task.features.shape[1], latent_dim=768)
    vars(args).update(text_dim=task.texts.shape[1], dit_layers=1, num_heads=12, mlp_ratio=4.0, lambda_cfm=0.1)
    vars(args).update(lambda_align=0.1, use_features=True, max_length=0, topk=1, mixed_weights=[0.6, 0.3])
    vars(args).update(align_iter=align, total_iter=align + task.steps(200), setting="ZSL", step_ratio=0.5)
    vars(args).update(print_iter=10**9, eval_iter=10**9)
    driven = trainer.Trainer.__new__(trainer.Trainer)
    driven.args, driven.logger, driven.best_accuracy = args, logging.getLogger(__name__), [0.0] * 4
    driven.mapping_model = OnFeatures(args=args).to(task.device).train()
    parameters = driven.mapping_model.parameters()
    driven.optimizer_mapping = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.01)
    driven.load_prototypes()
    if seen_neighbours:
        driven.attuned_semantics = _attuned_by_seen(texts, task, args.mixed_weights)
    driven.seen_classes, driven.unseen_classes = task.seen.tolist(), task.unseen.tolist()
    driven.train_label_dict = dict(zip(driven.seen_classes, np.eye(len(task.seen), dtype=int).tolist(), strict=True))
    driven.train_loader_iter = _with_contrasts(task, seed)
    driven.train_learning_phase()
    driven.train_deciding_phase()
    driven.mapping_model.eval()
    indices = [
        driven.mapping_model.predict_zsl(part, driven.unseen_classes, driven.attuned_semantics, None)["predictions_idx"]
        for part in task.tensor(task.test_features).split(64)
    ]
    return np.asarray(task.unseen[torch.cat(indices).cpu().numpy()])


def _attuned_by_seen(texts: Tensor, task: Task, weight: float) -> Tensor:
    """Return each text plus its nearest other seen text, weighted by their cosine and the weight."""
    flat = texts[:, 0]
    cosines = cosine_similarity(flat[:, None], flat[None], dim=-1)
    cosines.fill_diagonal_(-1.0)
    cosines[:, torch.from_numpy(task.unseen)] = -1.0
    nearest = cosines.max(dim=1)
    return texts + weight * (nearest.values[:, None] * flat[nearest.indices])[:, None]


def _with_contrasts(task: Task, seed: int) -> Iterator[tuple[Any, ...]]:
    """Yield batches with a motion of another class beside each motion, as its feeder."""
    rng, number = np.random.default_rng(seed), 0
    features, labels = torch.from_numpy(task.features), torch.from_numpy(task.labels)
    while True:
        number += 1
        for motion, label in task.loader(64, 100, 1000 * seed + number, drop_last=True):
            other = [int(rng.choice(np.flatnonzero(task.labels != each))) for each in label.tolist()]
            yield motion, label, features[other], labels[other], None


def _warmup_cosine(step: int, steps: int, warmup: int = 100) -> float:
    if step < warmup:
        return step / warmup
    return max(0.0, 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))))


def _predicted(task: Task, scores: Tensor) -> np.ndarray:
    if not torch.isfinite(scores).all():
        raise CheckoutError("the official training diverged: scores are not finite")
    return np.asarray(task.unseen[scores.argmax(dim=1).cpu().numpy()])
