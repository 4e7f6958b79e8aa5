"""The benchmark of official code drives checkouts of the expected interface; small stand-ins take their place here."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

SCRIPTS = Path(__file__).resolve().parent.parent / "benchmarks"

CODERS = """
import torch
from torch import nn

class Encoder(nn.Module):
    def __init__(self, layer_sizes, style_latent_size=0):
        super().__init__()
        self.rest = style_latent_size
        self.both = nn.Linear(layer_sizes[0], 2 * layer_sizes[-1])
    def forward(self, x, instance_style=False):
        mean, log_variance = self.both(x).chunk(2, dim=1)
        if not self.rest:
            return mean, log_variance
        semantic = mean[:, :-self.rest], log_variance[:, :-self.rest]
        return (*semantic, mean[:, -self.rest:], log_variance[:, -self.rest:]) if instance_style else semantic

class Decoder(nn.Linear):
    def __init__(self, layer_sizes):
        super().__init__(layer_sizes[0], layer_sizes[-1])

class MLP(Decoder):
    pass

def reparameterize(mean, log_variance):
    return mean + torch.exp(0.5 * log_variance) * torch.randn(mean.shape).cuda()

def KL_divergence(mean, log_variance):
    return 0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum() / len(mean)
"""

SA_DVAE = """
import argparse
import torch
from model import Encoder, Decoder, MLP

parser = argparse.ArgumentParser()
parser.add_argument("--i_latent_size", type=int, required=True)
parser.add_argument("--ss", type=int)
parser.add_argument("--latent_size", type=int)
args, _ = parser.parse_known_args()

class Discriminator(torch.nn.Linear):
    def __init__(self, size):
        super().__init__(size, 1)

def train_one_cycle(number, *parts):
    encoder, decoder, text_encoder, text_decoder, _, optimizer, _, loader, device, texts = parts
    for motions, labels in loader:
        z, _, rest, _ = encoder(motions.to(device), instance_style=True)
        text = text_encoder(texts[labels])[0]
        error = decoder(torch.cat([text, rest], 1)) - motions
        loss = (error**2).mean() + ((z - text) ** 2).mean() + ((text_decoder(text) - texts[labels]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

def train_classifier(text_encoder, encoder, zsl_loader, val_loader, unseen, unseen_texts, device):
    classifier = MLP([args.latent_size, args.ss])
    with torch.no_grad():
        classifier.weight.copy_(text_encoder(unseen_texts)[0])
    return 0.0, None, classifier
"""

SMIE = """
import torch
from torch import nn
from torch.nn.functional import softplus

class Critic(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.out = nn.Linear(width, 1)
    def forward(self, motion, text):
        return self.out(torch.cat((motion, text), dim=-1))

class MI(nn.Module):
    def __init__(self, visual_size, language_size):
        super().__init__()
        self.global_D = Critic(visual_size + language_size)
    def forward(self, motion, text):
        return self.temp_constrain(motion, motion, text)
    def temp_constrain(self, motion, masked, text):
        other = self.global_D(motion.roll(-1, 0), text)
        return -softplus(-self.global_D(masked, text)).mean() - softplus(other).mean()
"""

TDSM = """
import torch
from torch import nn

class DiT(nn.Module):
    def __init__(self, in_channels, cond_size):
        super().__init__()
        self.fl_pos_embed = nn.Parameter(torch.zeros(1, 35, 4))
        self.out = nn.Linear(in_channels + cond_size, in_channels)
    def forward(self, x, time, text, tokens):
        assert self.fl_pos_embed.shape[1] == tokens.shape[1] == x.shape[1] == 1
        return self.out(torch.cat((x, text[:, None]), dim=2))
"""

FLORA = """
import torch
from torch import nn
from transformers import CLIPTextModel
from .shiftgcn.shiftgcn import Model

class MappingNet(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.load_pretrained_models()
        self.class_embeddings = self.extract_text_embeddings()
        self.map = nn.Linear(args.text_dim, args.ske_dim)
    def forward(self, motions, texts):
        return {"loss": ((self.map(texts[:, 0]) - motions) ** 2).mean()}
    def predict_zsl(self, motions, unseen, attuned, labels):
        return {"predictions_idx": torch.cdist(motions, self.map(attuned[unseen, 0])).argmin(dim=1)}
"""

TRAINER = """
import torch
from models.fm import MappingNet

class Trainer:
    def load_prototypes(self):
        self.args.mixed_weights = self.args.mixed_weights[0]
        self.attuned_semantics = self.mapping_model.class_embeddings
    def _train(self, steps):
        for _ in range(steps):
            motions, labels, other_motions, other_labels, _ = next(self.train_loader_iter)
            assert not (labels == other_labels).any()
            rows = torch.tensor([self.train_label_dict[label.item()] for label in labels]).cuda().argmax(1)
            loss = self.mapping_model(motions, self.attuned_semantics[self.seen_classes][rows])["loss"]
            self.optimizer_mapping.zero_grad()
            loss.backward()
            self.optimizer_mapping.step()
    def train_learning_phase(self):
        self._train(self.args.align_iter)
    def train_deciding_phase(self):
        self._train(self.args.total_iter - self.args.align_iter)
"""

FILES = {
    "smie": {"model.py": SMIE},
    "sa-dvae": {"model.py": CODERS, "train.py": SA_DVAE},
    "tdsm": {"model/dit.py": TDSM},
    "flora": {"models/fm.py": FLORA, "trainer.py": TRAINER},
    "synse": {"synse/synse.py": "import torchvision" + CODERS},
}


@pytest.fixture
def peers(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import peers

    return peers


@pytest.fixture
def task(peers):
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(8, 6)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    labels, test_labels, to_motion = (
        np.repeat(np.arange(5), 60),
        np.repeat(np.arange(5, 8), 4),
        rng.normal(size=(6, 12)),
    )

    def features(of_labels):
        return (texts[of_labels] @ to_motion + 0.01 * rng.normal(size=(len(of_labels), 12))).astype(np.float32)

    train = features(labels)
    return peers.Task(train, labels, train[None], texts, features(test_labels), test_labels, share=0.002)


def checkout(folder: Path, option: str) -> Path:
    for name, text in FILES[option].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("option", FILES)
def test_the_official_training_of_a_checkout_predicts_unseen_classes(option, peers, task, tmp_path) -> None:
    path, modules, search = checkout(tmp_path, option), set(sys.modules), list(sys.path)
    for official in (training for _, training in peers.PEERS[option].values()):
        with peers.cuda_is("cpu"):
            first, second = (official(path, task, 0) for _ in range(2))
        assert set(first) <= {5, 6, 7} and first.shape == (12,)
        np.testing.assert_array_equal(first, second)
    assert sys.path == search
    left = {
        name for name in set(sys.modules) - modules if str(tmp_path) in str(getattr(sys.modules[name], "__file__", ""))
    }
    assert not left, "modules of the checkout stay"


def test_seen_neighbours_never_come_from_unseen_texts(peers, task) -> None:
    texts = torch.from_numpy(task.texts)[:, None]
    attuned = peers.peer_others._attuned_by_seen(texts, task, 0.6)
    changed = texts.clone()
    changed[5:] = torch.eye(6)[:3, None]
    torch.testing.assert_close(peers.peer_others._attuned_by_seen(changed, task, 0.6)[:5], attuned[:5])
    assert not torch.equal(attuned, texts)


@pytest.mark.parametrize("option", FILES)
def test_a_missing_checkout_or_file_is_one_line(option, peers, tmp_path, capsys) -> None:
    for path, reason in ((tmp_path / "absent", "no such folder"), (tmp_path, "expected a checkout of the official")):
        with pytest.raises(SystemExit, match="2"):
            peers.main([f"--{option}", str(path)])
        assert reason in capsys.readouterr().err.splitlines()[-1]


def test_code_of_another_version_is_one_line(peers, task, tmp_path) -> None:
    (tmp_path / "model.py").write_text("")
    with pytest.raises(peers.CheckoutError, match="has no MI"):
        peers.PEERS["smie"]["SMIE"][1](tmp_path, task, 0)
    (tmp_path / "model.py").write_text("import a_package_that_nobody_has")
    with pytest.raises(peers.CheckoutError, match="install what it needs"):
        peers.PEERS["smie"]["SMIE"][1](tmp_path, task, 0)


def test_rows_of_ours_stand_beside_the_official_ones(peers, task, tmp_path, capsys) -> None:
    rows = peers.compared({"smie": checkout(tmp_path, "smie")}, task, [0, 1])
    assert [row["name"] for row in rows] == ["SMIE, official", "`smie`"]
    assert all(len(row["by_class"]) == 2 for row in rows)
    assert "| SMIE, official | " in capsys.readouterr().out
