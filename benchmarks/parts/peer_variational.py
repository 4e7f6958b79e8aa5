"""Drive the released variational methods: SA-DVAE, and SynSE and CADA-VAE as in the repository of SynSE."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from parts.peer_checkout import Task, import_from, needed, seed_everything

CYCLES, SA_DVAE_STEPS, SYNSE_STEPS, CADA_VAE_STEPS = 10, 1150, 1900, 1700  # steps a cycle, on NTU-60
LATENT, SAMPLES, CLASSIFIER_STEPS = 100, 500, 300


def sa_dvae(checkout: Path, task: Task, seed: int) -> np.ndarray:
    """Return the predicted class of each test recording by the functions of train.py, options of NTU-60."""
    latent, residual, batch, rate = 160, 8, 32, 3.389022400898623e-05
    options = {
        "ss": len(task.unseen),
        "st": "r",
        "phase": "val",
        "dataset": "ntu60",
        "num_classes": len(task.texts),
        "latent_size": latent,
        "i_latent_size": residual,
        "lr": rate,
        "batch_size": batch,
        "dis_step": 5,
    }
    argv = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    code = import_from(checkout, "train.py", argv=argv, unused=("scipy.misc",))
    needed(code, checkout, "Encoder", "Decoder", "Discriminator", "train_one_cycle", "train_classifier")
    seed_everything(seed)
    width, text_width = task.features.shape[1], task.texts.shape[1]
    sequence_encoder = code.Encoder([width, latent + residual], residual).to(task.device)
    sequence_decoder = code.Decoder([latent + residual, width]).to(task.device)
    text_encoder = code.Encoder([text_width, latent]).to(task.device)
    text_decoder = code.Decoder([latent, text_width]).to(task.device)
    discriminator = code.Discriminator(latent + residual).to(task.device)
    coders = (sequence_encoder, sequence_decoder, text_encoder, text_decoder)
    optimizers = _adam(coders, rate), _adam((discriminator,), rate)
    texts, loader = task.tensor(task.texts), task.loader(batch, task.steps(SA_DVAE_STEPS), seed)
    for cycle in range(CYCLES):
        code.train_one_cycle(cycle, *coders, discriminator, *optimizers, loader, torch.device(task.device), texts)
    test = [(torch.from_numpy(task.test_features), torch.from_numpy(task.test_labels))]
    unseen_texts = texts[torch.from_numpy(task.unseen)]
    device = torch.device(task.device)
    trained = code.train_classifier(text_encoder, sequence_encoder, test, test, task.unseen, unseen_texts, device)
    with torch.no_grad():
        logits = trained[-1](sequence_encoder(task.tensor(task.test_features))[0])
    return np.asarray(task.unseen[logits.argmax(dim=1).cpu().numpy()])


def synse(checkout: Path, task: Task, seed: int) -> np.ndarray:
    """Return the predicted class of each test recording; one text serves as verb and as noun, as in ours by default.

    synse_training.py reads its files where it is imported, so that its steps are written here around its modules.
    """
    return _auto_encoders(checkout, task, seed, words=2, cycle=SYNSE_STEPS, cross_start=1500 / 1900)


def cada_vae(checkout: Path, task: Task, seed: int) -> np.ndarray:
    """Return the predicted class of each test recording by the loss of cada_vae_training.py, without a distance."""
    return _auto_encoders(checkout, task, seed, words=1, cycle=CADA_VAE_STEPS, cross_start=1400 / 1700)


def _auto_encoders(checkout: Path, task: Task, seed: int, *, words: int, cycle: int, cross_start: float) -> np.ndarray:
    code = import_from(checkout, "synse/synse.py", unused=("torchvision",))
    needed(code, checkout, "Encoder", "Decoder", "MLP", "reparameterize", "KL_divergence")
    seed_everything(seed)
    width, text_width, part = task.features.shape[1], task.texts.shape[1], LATENT // words
    encoder, decoder = (code.Encoder([width, LATENT]).to(task.device), code.Decoder([LATENT, width]).to(task.device))
    text_encoders = [code.Encoder([text_width, part]).to(task.device) for _ in range(words)]
    text_decoders = [code.Decoder([part, text_width]).to(task.device) for _ in range(words)]
    optimizer = _adam((encoder, decoder, *text_encoders, *text_decoders), 1e-4)
    texts, steps = task.tensor(task.texts), task.steps(cycle)
    for number in range(CYCLES):
        for step, (motions, labels) in enumerate(task.loader(64, steps, CYCLES * seed + number)):
            position = step * cycle / steps  # the published step that this one stands for
            crossing = position > cross_start * cycle
            weight = max(0.0, 0.1 * (position - 1000) / 3000)
            late = max(0.0, 0.1 * (position - cross_start * cycle) / 3000) if number > 1 else 0.0
            text_weight = late if words > 1 else weight * crossing
            motion, text = motions.to(task.device), texts[labels.to(task.device)]
            of_motion = encoder(motion)
            of_texts = [text_encoder(text) for text_encoder in text_encoders]
            latent = code.reparameterize(*of_motion)
            drawn = [code.reparameterize(*of_text) for of_text in of_texts]
            loss = mse_loss(decoder(latent), motion) - weight * code.KL_divergence(*of_motion)
            for decode, sample, of_text in zip(text_decoders, drawn, of_texts, strict=True):
                loss = loss + mse_loss(decode(sample), text) - text_weight * code.KL_divergence(*of_text)
            if crossing:
                loss = loss + mse_loss(decoder(torch.cat(drawn, 1)), motion)
                halves = latent.split(part, dim=1)
                loss = loss + sum(
                    mse_loss(decode(half), text) for decode, half in zip(text_decoders, halves, strict=True)
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    classifier = code.MLP([LATENT, len(task.unseen)]).to(task.device)
    with torch.no_grad():
        candidates = texts[torch.from_numpy(task.unseen)].repeat(SAMPLES, 1)
        latents = torch.cat([code.reparameterize(*text_encoder(candidates)) for text_encoder in text_encoders], 1)
    _fit_classifier(classifier, latents, len(task.unseen))
    with torch.no_grad():
        logits: Tensor = classifier(encoder(task.tensor(task.test_features))[0])
    return np.asarray(task.unseen[logits.argmax(dim=1).cpu().numpy()])


def _fit_classifier(classifier: nn.Module, latents: Tensor, classes: int) -> None:
    targets = torch.arange(classes, device=latents.device).repeat(SAMPLES)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=1e-3)
    for _ in range(CLASSIFIER_STEPS):
        optimizer.zero_grad()
        cross_entropy(classifier(latents), targets).backward()
        optimizer.step()


def _adam(modules: tuple[Any, ...], rate: float) -> torch.optim.Adam:
    return torch.optim.Adam([value for module in modules for value in module.parameters()], lr=rate)
