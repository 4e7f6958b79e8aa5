"""Training on a GPU against the plain published module and loop: a step of ST-GCN, and SMIE on a frozen encoder."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, layer_norm

from parts.gpu_setting import Setting
from parts.plain_stgcn import PlainSTGCN
from parts.rows import Row, duration_text, time_in_turn
from parts.smie_training import LOW_MOTION_FRAMES, REMAINING_FRAMES, published_loss
from parts.stgcn import CLASSES, trained_network
from zeroskel import align
from zeroskel.align._critic import Critic
from zeroskel.core import get_layout
from zeroskel.encoders import STGCN, stgcn
from zeroskel.encoders.stgcn import _fast_inference
from zeroskel.neural import _cuda_graphs, _training
from zeroskel.skeleton.transforms import temporal_mask

LEARNING_RATE = 5e-3  # of SMIE's encoder
WARM = 6  # updates before the timed ones: a step is recorded at the fourth
VIEWS = 4

Update = Callable[[Tensor, Tensor], object]


def steps(setting: Setting) -> Iterator[Row]:
    """Compare a training step of the plain module and loop with ours; other ways are rows without a goal."""
    for layout, bodies in setting.cases:
        yield from _compared(setting, layout, bodies, _ways(setting, layout, bodies))


def compiled(setting: Setting) -> Iterator[Row]:
    """Compare the plain step with ours after `torch.compile`; the compiler takes a minute for each network."""
    backend = "inductor" if _cuda_graphs.is_gpu(setting.device) else "aot_eager"
    for layout, bodies in setting.cases:
        network = _with_classifier(setting, layout, bodies)
        network[0].compile(dynamic=False, backend=backend)
        ways = {"plain": _plain(setting, layout, bodies), "compiled": _ours(network, setting)}
        yield from _compared(setting, layout, bodies, ways)


def _ways(setting: Setting, layout: str, bodies: int) -> dict[str, Update]:
    """Return the ways to train a step, by name; each has a network of its own with the same weights."""

    def ours(**options: bool) -> Update:
        return _ours(_with_classifier(setting, layout, bodies), setting, **options)

    with_nchw = _ours(_with_classifier(setting, layout, bodies), setting)

    def channels_first(batch: Tensor, target: Tensor) -> None:
        with _channels_first():
            with_nchw(batch, target)

    return {
        "plain": _plain(setting, layout, bodies),
        "plain, bfloat16": _plain(setting, layout, bodies, bfloat16=True),
        "ours": ours(),
        "ours, bfloat16": ours(bfloat16=True),
        "ours, no graph": ours(graph=False),
        "ours, channels first": channels_first,
    }


def _with_classifier(setting: Setting, layout: str, bodies: int) -> nn.Sequential:
    network = trained_network(layout, bodies)
    return nn.Sequential(network, nn.Linear(network.embed_dim, CLASSES)).to(setting.device).train()


def _plain(setting: Setting, layout: str, bodies: int, *, bfloat16: bool = False) -> Update:
    """Return a step of the published loop: module, cross-entropy, Adam."""
    network, head = _with_classifier(setting, layout, bodies)
    assert isinstance(network, STGCN)
    plain = nn.Sequential(PlainSTGCN(network), head).train()
    optimizer = torch.optim.Adam(plain.parameters(), lr=LEARNING_RATE)

    def update(batch: Tensor, target: Tensor) -> None:
        with torch.autocast(setting.device.type, torch.bfloat16, enabled=bfloat16):
            loss = cross_entropy(plain(batch), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update


def _ours(model: nn.Module, setting: Setting, *, graph: bool = True, bfloat16: bool = False) -> Update:
    """Return the step of `zeroskel.neural._training.train`."""

    def step(model: nn.Module, batch: Tensor, target: Tensor) -> dict[str, Tensor]:
        with torch.autocast(setting.device.type, torch.bfloat16, enabled=bfloat16):
            return {"loss": cross_entropy(model(batch).float(), target)}

    on_gpu = _cuda_graphs.is_gpu(setting.device)
    optimizer = _training._adam(model, LEARNING_RATE, setting.device if on_gpu else None)
    update = _training._update(model, step, optimizer, None, [])
    return _cuda_graphs.GraphedUpdate(update, setting.device) if graph and on_gpu else update


@contextmanager
def _channels_first() -> Iterator[None]:
    """Let convolutions read copies with channels first; a graph keeps what it was recorded with."""
    forward = stgcn._Convolution.forward

    def with_copy(self: nn.Conv2d, x: Tensor) -> Tensor:
        return nn.Conv2d.forward(self, x.permute(0, 3, 1, 2).contiguous()).permute(0, 2, 3, 1)

    stgcn._Convolution.forward = with_copy  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        stgcn._Convolution.forward = forward  # type: ignore[method-assign]


def _compared(setting: Setting, layout: str, bodies: int, ways: dict[str, Update]) -> Iterator[Row]:
    joints = len(get_layout(layout).joints)
    batch = torch.randn(setting.step, 3, setting.frames, joints, bodies, device=setting.device)
    target = torch.randint(0, CLASSES, (setting.step,), device=setting.device)
    calls = {name: lambda way=way: way(batch, target) for name, way in ways.items()}
    limit = setting.seconds_left() / 2
    seconds = time_in_turn(calls, setting.rounds, WARM, setting.wait, seconds_at_most=limit)
    for name in [name for name in ways if not name.startswith("plain")]:
        yield Row(
            f"training step, {setting.step} sequences of {setting.frames} frames, {joints} x {bodies}, {name}",
            f"plain module and loop, {duration_text(seconds['plain'])}",
            duration_text(seconds[name]),
            seconds["plain"] / seconds[name],
            "times as fast",
            1.5 if name == "ours" else None,
            note=f"plain, bfloat16: {duration_text(seconds['plain, bfloat16'])}" if name == "ours, bfloat16" else "",
        )


def smie(setting: Setting) -> Iterator[Row]:
    """Compare the published loop of SMIE, which encodes twice in each epoch, with features that are encoded once."""
    rng = np.random.default_rng(0)
    batches = rng.normal(size=(setting.sequences, 3, setting.frames, 20, 1)).astype(np.float32)
    labels = np.arange(setting.sequences) % CLASSES
    texts = rng.normal(size=(CLASSES, 384)).astype(np.float32)
    network = trained_network("kinect-20", 1).to(setting.device)
    published = _published_seconds(setting, network, batches, torch.from_numpy(texts[labels]).to(setting.device))
    start = time.perf_counter()
    features, views = _encoded(setting, network, batches)
    encoding = time.perf_counter() - start
    of_epochs, shown = setting.epochs * published, f"{setting.epochs} epochs, {setting.sequences:,} sequences"
    yardstick = f"published loop, {duration_text(of_epochs)} ({duration_text(published)} an epoch, multiplied)"
    for negatives in ("published", "other-class"):
        start = time.perf_counter()
        smie = align.create("smie", epochs=setting.epochs, negatives=negatives, device=str(setting.device))
        smie.fit(features, labels, texts, views)
        fitting = time.perf_counter() - start
        ours = f"{duration_text(encoding)} to encode once with {VIEWS} masked views, {duration_text(fitting)} to train"
        name = f"SMIE, {shown}, negatives {negatives}"
        goal = 50.0 if negatives == "published" else None
        yield Row(name, yardstick, ours, of_epochs / (encoding + fitting), "times as fast", goal)
        yield Row(f"{name}, without encoding", yardstick, duration_text(fitting), of_epochs / fitting, "times as fast")


def _encoded(setting: Setting, network: STGCN, batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the features and masked views, with masks that the CPU draws."""
    rng, parts = np.random.default_rng(0), np.array_split(batches, max(1, len(batches) // setting.step))

    def encoded(parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([_fast_inference(network, part).cpu().numpy() for part in parts])

    keep, frames = setting.of_50(LOW_MOTION_FRAMES), setting.of_50(REMAINING_FRAMES)
    views = [[temporal_mask(part, rng, keep=keep, frames=frames) for part in parts] for _ in range(VIEWS)]
    return encoded(parts), np.stack([encoded(view) for view in views])


def _published_seconds(setting: Setting, network: STGCN, batches: np.ndarray, of_each: Tensor) -> float:
    """Return the median seconds of an epoch of the published loop; the device masks and no loss is read."""
    plain, critic = PlainSTGCN(network).eval(), Critic(256 + 384).to(setting.device)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-5)

    def epoch() -> None:
        for rows in torch.randperm(len(batches)).split(setting.step):
            data, text = torch.from_numpy(batches[rows]).to(setting.device), of_each[rows.to(setting.device)]
            with torch.no_grad():
                v, v_masked = (layer_norm(plain(x), (256,)) for x in (data, _masked(setting, data)))
            loss = published_loss(critic, v, v_masked, text)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return time_in_turn({"": epoch}, setting.rounds, 1, setting.wait, seconds_at_most=setting.seconds_left() / 3)[""]


def _masked(setting: Setting, batch: Tensor) -> Tensor:
    """Return a masked view (N, C, frames, V, M) that the device computes: the same random frames for all sequences."""
    moved = batch.diff(dim=2).square().mean(dim=(1, 3, 4))
    energy = nn.functional.pad(moved, (0, 1)) + nn.functional.pad(moved, (1, 0))
    calm = energy.topk(setting.of_50(LOW_MOTION_FRAMES), dim=1, largest=False).indices.sort(dim=1).values
    chosen = torch.randperm(calm.shape[1])[: setting.of_50(REMAINING_FRAMES)].sort().values.to(batch.device)
    frames = calm[:, chosen][:, None, :, None, None]
    return batch.gather(2, frames.expand(-1, batch.shape[1], -1, *batch.shape[3:]))
