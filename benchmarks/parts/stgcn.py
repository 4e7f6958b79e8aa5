"""ST-GCN: inference and a training step against the plain module with the same weights."""

import copy
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from parts.plain_stgcn import PlainSTGCN
from parts.rows import Row, duration_text, time_in_turn
from zeroskel.encoders import STGCN
from zeroskel.encoders.stgcn import _fast_inference

BATCH, FRAMES, CLASSES = 64, 50, 60
CASES = (("ntu-25", 2), ("kinect-20", 1))
CLOSE = 1e-4


def trained_network(layout: str, bodies: int) -> STGCN:
    """Return a network whose norms and edge importances differ from their initial values, in evaluation mode."""
    torch.manual_seed(0)
    network = STGCN(layout)
    for importance in network.edge_importance:
        nn.init.uniform_(importance, 0.7, 1.3)
    with torch.no_grad():
        for _ in range(5):
            network(torch.randn(8, 3, FRAMES, len(network.layout.joints), bodies))
    return network.eval()


def apart(features: Tensor, expected: Tensor) -> float:
    """Return the largest difference relative to the largest expected value."""
    return float((features - expected).abs().max() / expected.abs().max())


def inference(rounds: int = 7) -> list[Row]:
    """Return rows of both sizes, of float32 and bfloat16, and of recordings in which most second bodies are absent."""
    rows = [row for case in CASES for row in _inference_of(*case, rounds)]
    return [*rows, _inference_with_absent_bodies(rounds)]


def ways_of_inference(network: STGCN) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return the plain module and fast inference in both precisions, by name."""
    plain, short = PlainSTGCN(network).eval(), copy.deepcopy(network).bfloat16()
    return {
        "plain": plain,
        "float32": lambda batch: _fast_inference(network, batch),
        "bfloat16": lambda batch: _fast_inference(short, batch).float(),
    }


def _inference_of(layout: str, bodies: int, rounds: int) -> list[Row]:
    network = trained_network(layout, bodies)
    joints = len(network.layout.joints)
    batch = torch.randn(BATCH, 3, FRAMES, joints, bodies)
    differences, seconds = _compare(ways_of_inference(network), batch, rounds)
    has_instructions = "has" if has_bfloat16() else "lacks"
    notes = {
        "float32": f"relative difference at most {differences['float32']:.0e}",
        "bfloat16": f"difference {differences['bfloat16']:.0e}; this CPU {has_instructions} bfloat16 instructions",
    }
    return [
        Row(
            f"ST-GCN inference, {BATCH} sequences of {FRAMES} frames, {joints} joints x {bodies}, {name}",
            f"plain module, {duration_text(seconds['plain'])}",
            duration_text(seconds[name]),
            seconds["plain"] / seconds[name],
            "times as fast",
            target,
            note=notes[name],
        )
        for name, target in (("float32", 1.6), ("bfloat16", 2.5))
    ]


def _inference_with_absent_bodies(rounds: int) -> Row:
    """Measure a batch like those of NTU, where three quarters of the recordings show one person."""
    network = trained_network("ntu-25", 2)
    batch = torch.randn(BATCH, 3, FRAMES, 25, 2)
    batch[: 3 * BATCH // 4, ..., 1] = 0
    ways = ways_of_inference(network)
    del ways["bfloat16"]
    _, seconds = _compare(ways, batch, rounds)
    return Row(
        f"ST-GCN inference, {BATCH} sequences of {FRAMES} frames, 25 joints x 2, 3 of 4 second bodies absent",
        f"plain module, {duration_text(seconds['plain'])}",
        duration_text(seconds["float32"]),
        seconds["plain"] / seconds["float32"],
        "times as fast",
    )


def _compare(
    ways: dict[str, Callable[[Tensor], Tensor]], batch: Tensor, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the relative difference of each way's features from the plain module's, and its seconds."""
    with torch.inference_mode():
        expected = ways["plain"](batch)
        differences = {name: apart(way(batch), expected) for name, way in ways.items()}
        if differences["float32"] > CLOSE:
            raise SystemExit(f"features of fast inference differ by {differences['float32']:.1e}")
        calls = {name: lambda way=way: way(batch) for name, way in ways.items()}
        return differences, time_in_turn(calls, rounds)


def training(rounds: int = 5) -> list[Row]:
    """Rows of both sizes."""
    return [_training_of(*case, rounds) for case in CASES]


def _training_of(layout: str, bodies: int, rounds: int) -> Row:
    network = trained_network(layout, bodies).train()
    joints = len(network.layout.joints)
    error = _gradients_apart(layout, bodies)
    if error > CLOSE:
        raise SystemExit(f"{layout}: gradients are {error:.1e} apart")
    batch, target = torch.randn(BATCH, 3, FRAMES, joints, bodies), torch.randint(0, CLASSES, (BATCH,))
    head = nn.Linear(network.embed_dim, CLASSES)
    plain = PlainSTGCN(network).train()
    seconds = time_in_turn(
        {way: lambda net=net: _step(net, head, batch, target) for way, net in (("plain", plain), ("ours", network))},
        rounds,
    )
    return Row(
        f"ST-GCN training step, {BATCH} sequences of {FRAMES} frames, {joints} joints x {bodies}",
        f"plain module, {duration_text(seconds['plain'])}",
        duration_text(seconds["ours"]),
        figure=seconds["plain"] / seconds["ours"],
        unit="times as fast",
        target=1.5,
        note=f"gradients at most {error:.0e} of the largest apart, in float64",
    )


def _step(way: nn.Module, head: nn.Module, batch: Tensor, target: Tensor) -> None:
    way.zero_grad()
    nn.functional.cross_entropy(head(way(batch)), target).backward()


def _gradients_apart(layout: str, bodies: int) -> float:
    """In float64, where rounding does not turn units on and off."""
    network = trained_network(layout, bodies).double().train()
    joints = len(network.layout.joints)
    batch, target = torch.randn(4, 3, FRAMES, joints, bodies).double(), torch.randint(0, CLASSES, (4,))
    head = nn.Linear(network.embed_dim, CLASSES).double()
    gradients = []
    for way in (network, PlainSTGCN(network).train()):
        _step(way, head, batch, target)
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    return apart(*gradients)


def has_bfloat16() -> bool:
    """Return whether the CPU has instructions for products of bfloat16."""
    flags = torch.backends.cpu.get_cpu_capability()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            text = stream.read()
    except OSError:
        return "BF16" in flags
    return "avx512_bf16" in text or "amx_bf16" in text


def profile(layout: str = "ntu-25", bodies: int = 2) -> str:
    """Return the share of each operation in the time of the plain network and of ours."""
    from torch.profiler import profile as profiled

    network = trained_network(layout, bodies)
    batch = torch.randn(BATCH, 3, FRAMES, len(network.layout.joints), bodies)
    lines, ways = [], ways_of_inference(network)
    with torch.inference_mode():
        for name, way in (("plain", ways["plain"]), ("fast", ways["float32"])):
            way(batch)
            start = time.perf_counter()
            with profiled() as profiler:
                way(batch)
            lines.append(f"{name}: {duration_text(time.perf_counter() - start)}")
            events = sorted(profiler.key_averages(), key=lambda event: -event.self_cpu_time_total)
            total = sum(event.self_cpu_time_total for event in events)
            lines += [f"  {event.self_cpu_time_total / total:5.0%} {event.key}" for event in events[:6]]
    return "\n".join(lines)
