"""Facts of glTF models; the files are written here as Blender, three.js and avatar services write them."""

import base64
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats import FORMATS, read
from zeroskel.skeleton.formats import _gltf as gltf

FILE = Path("clip.gltf")


class Writer:
    """A glTF model that grows: nodes, skins and one animation, with its numbers in one buffer."""

    def __init__(self, rate: float = 30.0) -> None:
        self.rate, self.data = rate, b""
        self.document: dict = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": []}
        self.document |= {"accessors": [], "bufferViews": [], "animations": [], "skins": []}

    def node(self, name: str, parent: int | None = None, **parts) -> int:
        self.document["nodes"].append({"name": name, **parts})
        index = len(self.document["nodes"]) - 1
        if parent is not None:
            self.document["nodes"][parent].setdefault("children", []).append(index)
        return index

    def numbers(self, values, dtype: str = "<f4") -> int:
        values = np.ascontiguousarray(values, dtype)
        kind = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[values.shape[1] if values.ndim > 1 else 1]
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes}
        self.document["bufferViews"].append(view)
        component = {"f": 5126, "h": 5122, "b": 5120}[values.dtype.char]
        accessor = {"bufferView": len(self.document["bufferViews"]) - 1, "componentType": component}
        self.document["accessors"].append({**accessor, "count": len(values), "type": kind, "normalized": True})
        self.data += values.tobytes() + bytes(-values.nbytes % 4)
        return len(self.document["accessors"]) - 1

    def animation(self, name: str = "Take 001") -> None:
        self.document["animations"].append({"name": name, "channels": [], "samplers": []})

    def track(self, node: int, path: str, values, times=None, interpolation="LINEAR", dtype: str = "<f4") -> None:
        if not self.document["animations"]:
            self.animation()
        animation = self.document["animations"][-1]
        times = np.arange(len(values)) / self.rate if times is None else times
        sampler = {"input": self.numbers(times), "output": self.numbers(values, dtype), "interpolation": interpolation}
        animation["samplers"].append(sampler)
        target = {"node": node, "path": path}
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})

    def text(self, uri: str | None = None) -> bytes:
        uri = uri or f"data:application/octet-stream;base64,{base64.b64encode(self.data).decode()}"
        return json.dumps({**self.document, "buffers": [{"byteLength": len(self.data), "uri": uri}]}).encode()

    def binary(self) -> bytes:
        text = json.dumps({**self.document, "buffers": [{"byteLength": len(self.data)}]}).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        chunks += struct.pack("<II", len(self.data), 0x004E4942) + self.data
        return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def person(motion, *, scale: float = 1.0, prefix: str = "mixamorig:", skin: bool = True) -> Writer:
    """The motion as joints below an armature of that scale."""
    writer = Writer()
    armature = writer.node("Armature", scale=[scale] * 3)
    nodes: list[int] = []
    for index, (name, parent) in enumerate(zip(motion.names, motion.parents, strict=True)):
        nodes.append(writer.node(prefix + name, armature if parent < 0 else nodes[parent]))
        writer.track(nodes[-1], "translation", motion.local[:, index] / scale)
        turns = Rotation.from_euler("ZXY", motion.turns[:, index], degrees=True)
        writer.track(nodes[-1], "rotation", turns.as_quat())
    if skin:
        writer.document["skins"].append({"joints": nodes})
    return writer


def moved(writer: Writer, **options) -> np.ndarray:
    return gltf.parse(writer.text(), FILE, **options).coordinates


@pytest.mark.parametrize("scale", [1.0, 0.01, 100.0])
@pytest.mark.parametrize("binary", [True, False])
def test_joints_are_where_they_were(hung_motion, scale: float, binary: bool) -> None:
    writer = person(hung_motion, scale=scale)
    points = gltf.parse(writer.binary() if binary else writer.text(), FILE)
    np.testing.assert_allclose(points.coordinates[0], hung_motion.joints, atol=1e-4)
    assert points.names == tuple(f"mixamorig:{name}" for name in hung_motion.names)
    assert (points.fps, points.up, points.unit, points.notes) == (30, "y", "m", ())


@pytest.mark.parametrize("suffix", [".glb", ".vrm", ".vrma", ".bin"])
def test_the_container_is_known_by_its_content(hung_motion, suffix: str) -> None:
    names = [name for name, known in FORMATS.items() if known.looks_like(person(hung_motion).binary()[:8192])]
    assert names == ["GLB"]


def test_nodes_without_a_skin_are_joints_when_they_move(hung_motion) -> None:
    writer = person(hung_motion, skin=False)
    writer.node("Camera", 0, translation=[0, 0, 9])
    np.testing.assert_allclose(moved(writer)[0], hung_motion.joints, atol=1e-4)


def test_a_node_may_have_a_matrix(hung_motion) -> None:
    writer = person(hung_motion)
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("x", -90, degrees=True).as_matrix()
    turn[:3, 3] = 1, 2, 3
    writer.document["nodes"][0] = {
        "matrix": turn.T.ravel().tolist(),
        "children": writer.document["nodes"][0]["children"],
    }
    expected = hung_motion.joints @ turn[:3, :3].T + [1, 2, 3]
    np.testing.assert_allclose(moved(writer)[0], expected, atol=1e-4)


def test_people_with_equal_skeletons_are_people(hung_motion) -> None:
    writer = person(hung_motion)
    copies = len(writer.document["nodes"])
    for node in json.loads(json.dumps(writer.document["nodes"])):
        node["children"] = [child + copies for child in node.get("children", [])]
        writer.document["nodes"].append({**node, "name": f"{node['name']}.001"})
    writer.document["nodes"][copies]["translation"] = [2, 0, 0]
    channels = writer.document["animations"][0]["channels"]
    channels += [
        {**channel, "target": {**channel["target"], "node": channel["target"]["node"] + copies}} for channel in channels
    ]
    writer.document["skins"].append({"joints": list(range(copies + 1, 2 * copies))})
    points = moved(writer)
    np.testing.assert_allclose(
        points, np.stack([hung_motion.joints, hung_motion.joints + np.array([2, 0, 0])]), atol=1e-4
    )


@pytest.mark.parametrize("vrm", ["VRM", "VRMC_vrm", "VRMC_vrm_animation"])
def test_an_avatar_names_its_joints_itself(hung_motion, vrm: str) -> None:
    writer = person(hung_motion, prefix="J_Bip_")
    bones = {"hips": 1, "spine": 2, "neck": 3, "head": 4, "leftUpperArm": 5}
    listed = [{"bone": name, "node": node} for name, node in bones.items()]
    human = {name: {"node": node} for name, node in bones.items()}
    writer.document["extensions"] = {vrm: {"humanoid": {"humanBones": listed if vrm == "VRM" else human}}}
    points = gltf.parse(writer.text(), FILE)
    assert points.names == tuple(bones)
    np.testing.assert_allclose(points.coordinates[0], hung_motion.joints[:, :5], atol=1e-4)


def arm() -> tuple[Writer, int]:
    """A joint at the origin, and one that lies 1 m along x from it."""
    writer = Writer()
    shoulder = writer.node("Shoulder")
    writer.node("Hand", shoulder, translation=[1, 0, 0])
    return writer, shoulder


QUARTERS = Rotation.from_euler("z", [[0], [90], [180]], degrees=True).as_quat()


@pytest.mark.parametrize("dtype", ["<f4", "<i2", "i1"])
def test_rotations_between_keys_lie_on_an_arc(dtype: str) -> None:
    writer, shoulder = arm()
    scale = 1 if dtype == "<f4" else np.iinfo(dtype).max
    writer.track(shoulder, "rotation", np.round(QUARTERS * scale, 9 if scale == 1 else 0), [0, 1, 2], dtype=dtype)
    points = moved(writer, fps=2)[0, :, 1]
    half = np.sqrt(0.5)
    expected = [[1, 0, 0], [half, half, 0], [0, 1, 0], [-half, half, 0], [-1, 0, 0]]
    np.testing.assert_allclose(points, expected, atol=0.02 if dtype == "i1" else 1e-3)


def test_the_shorter_arc_is_taken() -> None:
    writer, shoulder = arm()
    writer.track(shoulder, "rotation", [QUARTERS[0], -QUARTERS[1]], [0, 1])
    np.testing.assert_allclose(moved(writer, fps=2)[0, 1, 1], [np.sqrt(0.5), np.sqrt(0.5), 0], atol=1e-6)


def test_steps_hold_and_splines_follow_their_tangents() -> None:
    writer, shoulder = arm()
    writer.track(shoulder, "translation", [[0, 0, 0], [0, 2, 0]], [0, 1], "STEP")
    assert moved(writer, fps=4)[0, :, 0, 1].tolist() == [0, 0, 0, 0, 2]
    writer, shoulder = arm()
    times = np.array([0.0, 1.0, 3.0])
    values = [[(0, 3 * time**2, 0), (0, time**3, 0), (0, 3 * time**2, 0)] for time in times]
    writer.track(shoulder, "translation", np.reshape(values, (-1, 3)), times, "CUBICSPLINE")
    np.testing.assert_allclose(moved(writer, fps=10)[0, :, 0, 1], np.arange(31) ** 3 / 1000, atol=1e-4)


@pytest.mark.parametrize(
    ("times", "rate", "frames"),
    [(np.arange(5) / 24, 24, 5), (1 + np.arange(5) / 120, 120, 5), ([0, 1, 2], 30, 61), ([0.5], 30, 1)],
)
def test_the_frame_rate_is_that_of_keys_as_close_as_frames(times, rate: float, frames: int) -> None:
    writer, shoulder = arm()
    writer.track(shoulder, "translation", np.ones((len(times), 3)), times)
    points = gltf.parse(writer.text(), FILE)
    assert points.fps == rate and points.coordinates.shape[1] == frames


def test_the_first_animation_that_moves_is_read_and_named() -> None:
    writer, shoulder = arm()
    writer.animation("T-Pose")
    writer.track(shoulder, "translation", [[9, 9, 9]])
    for name, height in (("Walk", 1), ("Run", 2)):
        writer.animation(name)
        writer.track(shoulder, "translation", [[0, height, 0]] * 2)
    points = gltf.parse(writer.text(), FILE)
    assert points.coordinates[0, 0, 0].tolist() == [0, 1, 0]
    assert points.notes == ("animation 'Walk', one of 3 in the file",)


def test_numbers_beside_the_file_are_read(tmp_path: Path) -> None:
    writer, shoulder = arm()
    writer.track(shoulder, "translation", [[0, 1, 0]] * 2)
    file = tmp_path / "clip.gltf"
    file.write_bytes(writer.text("clip%20a.bin"))
    with pytest.raises(SkeletonFormatError, match=r"another file, 'clip%20a\.bin'; expected that \.bin file beside it"):
        gltf.parse(file.read_bytes(), file)
    (tmp_path / "clip a.bin").write_bytes(writer.data)
    assert gltf.parse(file.read_bytes(), file).coordinates[0, 0, 0].tolist() == [0, 1, 0]
    with pytest.raises(SkeletonFormatError, match="in another file"):  # an upload has no place
        gltf.parse(file.read_bytes(), Path("clip.gltf"))
    (tmp_path / "sub").mkdir()
    inner = tmp_path / "sub" / "clip.gltf"
    inner.write_bytes(writer.text("../clip%20a.bin"))
    with pytest.raises(SkeletonFormatError, match="in another file"):
        gltf.parse(inner.read_bytes(), inner)


def broken(change) -> bytes:
    writer, shoulder = arm()
    writer.track(shoulder, "translation", [[0, 1, 0]] * 2)
    change(writer.document)
    return writer.text()


@pytest.mark.parametrize(
    ("change", "actual"),
    [
        (lambda d: d.update(animations=[]), "a model without an animation"),
        (lambda d: d["animations"][0]["channels"][0]["target"].update(path="weights"), "a model without an animation"),
        (lambda d: d["nodes"][1].update(children=[1]), "node 1 below two nodes"),
        (lambda d: d["nodes"][1].update(children=[0]), "256 deep, or that hang on themselves"),
        (lambda d: d["nodes"].extend([{}] * 30000), "nodes, channels and accessors"),
        (lambda d: d["accessors"][1].update(count=3), "accessor 1 with 3 of VEC3"),
        (lambda d: d["accessors"][1].update(count=0), "accessor 1 with 0"),
        (lambda d: d["accessors"][1].update(type="SCALAR"), "accessor 1 with 2 of SCALAR"),
        (lambda d: d["accessors"][1].update(sparse={"count": 1}), "sparse"),
        (lambda d: d["accessors"][1].update(bufferView=-1), "index -1"),
        (lambda d: d["bufferViews"][1].update(extensions={"EXT_meshopt_compression": {}}), "EXT_meshopt_compression"),
        (lambda d: d["animations"][0]["samplers"][0].update(output=0), "accessor 0 with 2 of SCALAR"),
        (lambda d: d["animations"][0]["samplers"][0].update(interpolation="CUBICSPLINE"), "2 values at 2 times"),
        (lambda d: d["nodes"][0].update(scale=[1e30] * 3) or d["nodes"][1].update(translation=[1e30, 0, 0]), "beyond"),
        (lambda d: d.update(nodes=5), "a broken glTF file"),
        (lambda d: d["asset"].update(version="1.0"), "glTF of version 1.0; expected version 2.0"),
    ],
)
def test_a_broken_model_is_refused(change, actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.gltf.*found .*{actual}"):
        gltf.parse(broken(change), FILE)


def test_a_container_cut_short_is_refused(hung_motion) -> None:
    with pytest.raises(SkeletonFormatError, match="the header: found version 2, and 1000 bytes of"):
        gltf.parse(person(hung_motion).binary()[:1000], FILE)


def test_an_endless_animation_is_refused() -> None:
    writer, shoulder = arm()
    writer.track(shoulder, "translation", [[0, 1, 0]] * 2, [0, 1e9])
    with pytest.raises(SkeletonFormatError, match="30000000001 frames from 0 to 1e\\+09 seconds"):
        moved(writer)


def test_a_model_is_read_by_names(hung_motion, tmp_path: Path) -> None:
    file = tmp_path / "kick.glb"
    file.write_bytes(person(hung_motion, prefix="mixamorig:", scale=0.01).binary())
    sequence = read(file)
    knee = hung_motion.names.index("RightLeg")
    joints = sequence.joints[0, :, sequence.layout.index("knee_right")]
    np.testing.assert_allclose(joints, hung_motion.joints[:, knee], atol=1e-4)
    assert "glTF" in str(sequence.reading)


def test_a_model_in_centimetres_is_scaled(hung_motion, tmp_path: Path) -> None:
    writer = person(hung_motion)
    writer.document["nodes"][0]["scale"] = [100, 100, 100]  # an armature whose scale a converter lost
    file = tmp_path / "kick.gltf"
    file.write_bytes(writer.text())
    sequence = read(file)
    joints = sequence.joints[0, :, sequence.layout.index("knee_right")]
    np.testing.assert_allclose(joints, hung_motion.joints[:, hung_motion.names.index("RightLeg")], atol=1e-3)
    assert sequence.reading.unit == "cm"


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_spoilt_files_are_read_or_refused(suffix: str, tmp_path: Path, withstands_mutations) -> None:
    writer, shoulder = arm()
    writer.track(shoulder, "rotation", QUARTERS)
    path = tmp_path / f"clip{suffix}"
    path.write_bytes(writer.binary() if suffix == ".glb" else writer.text())
    withstands_mutations("zeroskel.skeleton.formats._gltf:parse", path)
