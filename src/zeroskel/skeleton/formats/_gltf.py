"""glTF 2.0 models with a skeleton and an animation (.glb, .gltf, .vrm, .vrma), as Blender and avatar services write.

By definition of the format y points up and lengths are metres; positions are those in the world, with the scales of all
nodes above a joint. A VRM file names its joints itself.
"""

from pathlib import Path

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._gltf_model import MAGIC, Model, Track, as_index, open_model
from zeroskel.skeleton.formats._motion_capture import people_of_roots
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, refuse, unobserved
from zeroskel.skeleton.inference._points import FilePoints

_MOST_JOINTS = 2048
_MOST_FRAMES = 100_000
_POSITIONS_AT_ONCE = 50_000  # frames times nodes whose matrices are held at once
_USUAL_RATE = 30.0
_SLOWEST, _FASTEST = 9.0, 250.0  # keys a second; others are not one a frame
_WIDTHS = {"translation": 3, "rotation": 4, "scale": 3}
_RESTS = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}


_Tracks = dict[tuple[int, str], Track]  # (node, "translation", "rotation" or "scale") -> values


def is_glb(head: bytes) -> bool:
    """Return whether a file that starts so is a binary container of glTF."""
    return head[:4] == MAGIC


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is JSON with parts of a glTF file."""
    words = (b'"asset"', b'"accessors"', b'"bufferViews"', b'"animations"', b'"scenes"')
    return head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and any(word in head for word in words)


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse the animated skeleton of a glTF file.

    Args:
        content: The bytes of the file.
        file: Its path, for messages and to find a `.bin` beside it.
        layout: Not used: points are found by name.
        fps: Frames per second at which the animation is sampled; None takes the distance of its keys.

    Returns:
        Points (M, T, P, 3): the joints of the skins, else the animated nodes and those below, in the first animation
        that moves them.

    Raises:
        SkeletonFormatError: The file is broken, or has no skeleton or no animation.
    """
    try:
        with np.errstate(all="ignore"):
            return _points(open_model(content, file), file, fps)
    except SkeletonFormatError:
        raise
    except Exception as error:  # noqa: BLE001 - wrong types and indices in the file raise any exception
        actual = f"a broken glTF file ({type(error).__name__}: {str(error)[:120]})"
        refuse(file, "", actual, "nodes, accessors and buffers that fit each other", "Export it again as .glb")


def _points(model: Model, file: Path, fps: float | None) -> FilePoints:
    tracks, notes = _animation(model)
    human = _human_bones(model)
    joints = list(human) or _joints_of_skins(model) or _moving_nodes(model, tracks)
    if len(joints) > _MOST_JOINTS:
        model.refuse(f"{len(joints)} joints", f"at most {_MOST_JOINTS}")
    start = min(track.times[0] for track in tracks.values())
    end = max(track.times[-1] for track in tracks.values())
    rate = fps or _rate(tracks)
    frames = round((end - start) * rate) + 1
    if not 1 <= frames <= _MOST_FRAMES:
        model.refuse(f"{frames} frames from {start:g} to {end:g} seconds", f"1 to {_MOST_FRAMES} frames")
    positions = unobserved((frames, len(joints), 3), file)
    needed = list(dict.fromkeys(node for joint in joints for node in model.path_to(joint)))
    step = max(1, _POSITIONS_AT_ONCE // len(needed))
    for first in range(0, frames, step):
        times = start + np.arange(first, min(first + step, frames)) / rate
        positions[first : first + step] = _world_positions(model, tracks, needed, times, joints)
    if not (np.abs(positions) <= LARGEST).all():
        model.refuse("joints beyond measure", "positions of people")
    names = [human.get(joint) or str(model.gltf.nodes[joint].name or f"node {joint}")[:100] for joint in joints]
    index = {joint: number for number, joint in enumerate(joints)}
    parents = [next((index[node] for node in model.path_to(joint)[-2::-1] if node in index), -1) for joint in joints]
    points, names, more = people_of_roots(positions, names, parents)
    return FilePoints(points, "glTF", tuple(names), fps=rate, up="y", unit="m", notes=(*notes, *more))


def _animation(model: Model) -> tuple[_Tracks, list[str]]:
    """Return the tracks of the first animation that moves a node, and a note that names it where there are several."""
    animations = model.gltf.animations
    chosen: _Tracks = {}
    title = ""
    for number, animation in enumerate(animations, 1):
        tracks: _Tracks = {}
        for channel in animation.channels:
            node, path = channel.target.node, channel.target.path
            if node is None or path not in _WIDTHS:  # weights of meshes, and what extensions animate
                continue
            sampler = animation.samplers[as_index(channel.sampler)]
            times, width = model.numbers(sampler.input, 1)[:, 0], _WIDTHS[path]
            values = model.numbers(sampler.output, width)
            spline = sampler.interpolation == "CUBICSPLINE"
            if len(values) != len(times) * (3 if spline else 1) or (np.diff(times) < 0).any():
                model.refuse(f"{len(values)} values at {len(times)} times", "one each, the times ascending")
            values = values.reshape(-1, 3, width) if spline else values
            tracks[as_index(node), path] = Track(times, values, sampler.interpolation)
        moves = any(len(track.times) > 1 for track in tracks.values())
        if tracks and (moves or not chosen):
            chosen, title = tracks, f"animation {str(animation.name or number)[:60]!r}"
        if moves:
            break
    if not chosen:
        model.refuse("a model without an animation of its nodes", "a skeleton that moves")
    return chosen, [f"{title}, one of {len(animations)} in the file"] if len(animations) > 1 else []


def _human_bones(model: Model) -> dict[int, str]:
    """Return node -> bone of a VRM avatar or VRM animation; empty for other files."""
    bones: dict[int, str] = {}
    for extension in ("VRM", "VRMC_vrm", "VRMC_vrm_animation"):
        listed = model.gltf.extensions.get(extension, {}).get("humanoid", {}).get("humanBones", {})
        pairs = listed.items() if isinstance(listed, dict) else [(bone["bone"], bone) for bone in listed]
        bones |= {as_index(bone["node"]): str(name)[:100] for name, bone in pairs}
    return bones


def _joints_of_skins(model: Model) -> list[int]:
    return list(dict.fromkeys(as_index(joint) for skin in model.gltf.skins for joint in skin.joints))


def _moving_nodes(model: Model, tracks: _Tracks) -> list[int]:
    animated = {node for node, _ in tracks}
    return [node for node in range(len(model.parents)) if animated.intersection(model.path_to(node))]


def _rate(tracks: _Tracks) -> float:
    """Return keys a second, where the keys are as close as frames; else 30."""
    gaps = np.diff(np.unique(np.concatenate([track.times for track in tracks.values()])))
    gaps = gaps[gaps > 1 / _FASTEST]
    rate = 1 / float(np.median(gaps)) if len(gaps) else 0.0
    if not _SLOWEST <= rate <= _FASTEST:
        return _USUAL_RATE
    return float(round(rate)) if abs(round(rate) - rate) < 0.01 * rate else rate


def _world_positions(
    model: Model, tracks: _Tracks, needed: list[int], times: np.ndarray, joints: list[int]
) -> np.ndarray:
    """Return (T, len(joints), 3); `needed` has every node above a joint before it."""
    from scipy.spatial.transform import Rotation

    turns: dict[int, np.ndarray] = {-1: np.eye(3)}
    positions: dict[int, np.ndarray] = {-1: np.zeros(3)}
    for node in needed:
        position, quaternion, scale = (_values(model, tracks, node, path, times) for path in _WIDTHS)
        turn = Rotation.from_quat(quaternion).as_matrix() * scale[..., None, :]
        if model.gltf.nodes[node].matrix is not None:
            matrix = np.array(model.gltf.nodes[node].matrix, np.float64).reshape(4, 4).T
            position, turn = matrix[None, :3, 3], matrix[None, :3, :3]
        above = turns[model.parents[node]]
        positions[node] = positions[model.parents[node]] + (above @ position[..., None])[..., 0]
        turns[node] = above @ turn
    return np.stack([np.broadcast_to(positions[joint], (len(times), 3)) for joint in joints], axis=1)


def _values(model: Model, tracks: _Tracks, node: int, path: str, times: np.ndarray) -> np.ndarray:
    """Return (T, 3 or 4) values of a property at some times, or (1, 3 or 4) of one that does not change."""
    track = tracks.get((node, path))
    if track is None:
        stored = getattr(model.gltf.nodes[node], path)
        return np.array([_RESTS[path] if stored is None else stored], np.float64).reshape(1, _WIDTHS[path])
    return track.at(times)
