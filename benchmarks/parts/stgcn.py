"""ST-GCN: inference and a training step against the plain module with the same weights."""

import time

import torch
from torch import Tensor, nn

from parts.plain_stgcn import PlainSTGCN
from parts.rows import Row, duration_text, time_in_turn
from zeroskel.encoders import STGCN
from zeroskel.encoders.folded_stgcn import FoldedSTGCN

BATCH, FRAMES, CLASSES = 64, 50, 60
CASES = (("ntu-25", 2), ("kinect-20", 1))
CLOSE = 1e-4


def trained_network(layout: str, bodies: int) -> STGCN:
    """A network whose norms have seen something, so that folding them is not trivial."""
    torch.manual_seed(0)
    network = STGCN(layout)
    for importance in network.edge_importance:
        nn.init.uniform_(importance, 0.7, 1.3)
    with torch.no_grad():
        for _ in range(5):
            network(torch.randn(8, 3, FRAMES, len(network.layout.joints), bodies))
    return network.eval()


def apart(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def inference(rounds: int = 7) -> list[Row]:
    """Rows of both sizes, float32 and bfloat16."""
    return [row for case in CASES for row in _inference_of(*case, rounds)]


def _inference_of(layout: str, bodies: int, rounds: int) -> list[Row]:
    network = trained_network(layout, bodies)
    joints = len(network.layout.joints)
    batch = torch.randn(BATCH, 3, FRAMES, joints, bodies)
    plain, folded = PlainSTGCN(network).eval(), FoldedSTGCN(network)
    short = FoldedSTGCN(network, torch.bfloat16)
    with torch.inference_mode():
        expected = plain(batch)
        error, short_error = apart(folded(batch), expected), apart(short(batch), expected)
        if error > CLOSE:
            raise SystemExit(f"{layout}: folded features are {error:.1e} apart")
        seconds = time_in_turn(
            {"plain": lambda: plain(batch), "float32": lambda: folded(batch), "bfloat16": lambda: short(batch)}, rounds
        )
    what = f"ST-GCN inference, {BATCH} sequences of {FRAMES} frames, {joints} joints x {bodies}"
    yardstick = f"plain module, {duration_text(seconds['plain'])}"
    instructions = "has" if has_bfloat16() else "has no"
    targets_and_notes = {
        "float32": (1.6, f"at most {error:.0e} apart"),
        "bfloat16": (2.5, f"{short_error:.0e} apart; this processor {instructions} instructions for it"),
    }
    return [
        Row(
            *(f"{what}, {name}", yardstick, duration_text(seconds[name])),
            *(seconds["plain"] / seconds[name], "times as fast", target),
            note=note,
        )
        for name, (target, note) in targets_and_notes.items()
    ]


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
        *(seconds["plain"] / seconds["ours"], "times as fast", 1.5),
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
    found = []
    for way in (network, PlainSTGCN(network).train()):
        _step(way, head, batch, target)
        found.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    return apart(*found)


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself."""
    flags = torch.backends.cpu.get_cpu_capability()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            text = stream.read()
    except OSError:
        return "BF16" in flags
    return "avx512_bf16" in text or "amx_bf16" in text


def profile(layout: str = "ntu-25", bodies: int = 2) -> str:
    """Where the time of the plain and the folded network goes: share of each operation."""
    from torch.profiler import profile as profiled

    network = trained_network(layout, bodies)
    batch = torch.randn(BATCH, 3, FRAMES, len(network.layout.joints), bodies)
    lines = []
    with torch.inference_mode():
        for name, way in (("plain", PlainSTGCN(network).eval()), ("folded", FoldedSTGCN(network))):
            way(batch)
            start = time.perf_counter()
            with profiled() as found:
                way(batch)
            lines.append(f"{name}: {duration_text(time.perf_counter() - start)}")
            events = sorted(found.key_averages(), key=lambda event: -event.self_cpu_time_total)
            total = sum(event.self_cpu_time_total for event in events)
            lines += [f"  {event.self_cpu_time_total / total:5.0%} {event.key}" for event in events[:6]]
    return "\n".join(lines)
