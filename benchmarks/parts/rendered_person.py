"""A person of the parametric body model anny, moved by the directions of bones and rendered by pyvista.

Axes: x to the left of a person who faces the camera, -y to the person's front, z up, in metres.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

LEFT, UP, FRONT = np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), np.array([0, -1.0, 0])
PEOPLE = (  # gender, age, muscle, weight, height, proportions
    (1, 0.67, 0.5, 0.5, 0.55, 0.5),
    (0, 0.6, 0.5, 0.45, 0.45, 0.6),
    (1, 0.75, 0.6, 0.75, 0.6, 0.5),
    (0, 0.8, 0.4, 0.7, 0.4, 0.5),
    (0.8, 0.62, 0.8, 0.4, 0.7, 0.6),
    (0.2, 0.7, 0.5, 0.35, 0.6, 0.4),
)
_SKINS = ((224, 172, 145), (198, 134, 102), (141, 85, 56), (240, 200, 175))
_HAIRS = ((40, 28, 20), (20, 18, 18), (110, 75, 40), (150, 150, 150))
_MIDDLES = {"shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist", "pinky": "finger5-1"}
_MIDDLES |= {"index": "finger2-1", "thumb": "finger1-2", "hip": "upperleg01", "knee": "lowerleg01"}
_MIDDLES |= {"ankle": "foot", "foot": "toe2-1"}
_OF_HEAD = {"nose": (0, -0.04, -0.03), "ear": (0.075, 0.075, -0.015), "mouth": (0.022, -0.02, -0.075)}  # from the eyes

Rotation = np.ndarray | Callable[[np.ndarray], np.ndarray]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (…, 3) of length 1."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)


def frame(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return rotations (…, 3, 3) whose first column is `along`, and whose second is as near to `across` as possible."""
    along = unit(along)
    across = unit(across - along * (across * along).sum(axis=-1, keepdims=True))
    return np.stack([along, across, np.cross(along, across)], axis=-1)


def about(axis: np.ndarray, angles: np.ndarray | float) -> np.ndarray:
    """Return rotations (…, 3, 3) about an axis (3,) by angles (…) in radians."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angles = np.asarray(angles, float)[..., None, None]
    return np.eye(3) + np.sin(angles) * cross + (1 - np.cos(angles)) * cross @ cross


def between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the smallest rotations (T, 3, 3) from directions (T, 3) to others."""
    c, cosine = np.cross(first, second), (first * second).sum(axis=-1)
    zero = 0 * cosine
    rows = ((zero, -c[:, 2], c[:, 1]), (c[:, 2], zero, -c[:, 0]), (-c[:, 1], c[:, 0], zero))
    cross = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    return np.eye(3) + cross + cross @ cross / np.maximum(1 + cosine, 1e-3)[:, None, None]


class Bodies:
    """The six people in their rest pose, with the bones that move each vertex."""

    def __init__(self) -> None:
        import anny
        import torch

        model = anny.Anny().to(dtype=torch.float32)
        pose = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
        names = ("gender", "age", "muscle", "weight", "height", "proportions")
        self.bones = [str(bone) for bone in model.bone_labels]
        self.parents = [int(parent) for parent in model.bone_parents]
        self.faces = model.faces.numpy()
        self.moved_by, self.weights = model.vertex_bone_indices.numpy().astype(int), model.vertex_bone_weights.numpy()
        self.vertices, self.heads = [], []
        for values in PEOPLE:
            phenotype = {name: torch.tensor([float(value)]) for name, value in zip(names, values, strict=True)}
            body = model(pose_parameters=pose, phenotype_kwargs=phenotype)
            self.vertices.append(body["vertices"][0].numpy().astype(float))
            self.heads.append(body["bone_poses"][0, :, :3, 3].numpy().astype(float))


class Person:
    """One of the people, with colours of clothes, skin and hair."""

    def __init__(self, bodies: Bodies, number: int) -> None:
        self.bodies, self.rest, self.heads = bodies, bodies.vertices[number], bodies.heads[number]
        self.index = {bone: row for row, bone in enumerate(bodies.bones)}
        self.colours = self._colours(np.random.default_rng(100 + number))
        self.normals = np.zeros_like(self.rest)

    def head(self, bone: str) -> np.ndarray:
        """Return where a bone begins (3,) in the rest pose."""
        return self.heads[self.index[bone]]

    def pose(self, rotations: Mapping[str, Rotation], frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the beginnings (T, B, 3) and rotations (T, B, 3, 3) of the bones, with the feet on the floor.

        Args:
            rotations: bone -> rotations (T, 3, 3) from the rest pose, or a function of those of the bone before it.
                Other bones turn with the bone before them.
            frames: T.
        """
        count = len(self.heads)
        begin, turn = np.zeros((frames, count, 3)), np.tile(np.eye(3), (frames, count, 1, 1))
        for row, (bone, parent) in enumerate(zip(self.bodies.bones, self.bodies.parents, strict=True)):
            before = turn[:, parent] if parent >= 0 else turn[:, row]
            if parent >= 0:
                offset = self.heads[row] - self.heads[parent]
                begin[:, row] = begin[:, parent] + np.einsum("tij,j->ti", before, offset)
            rotation = rotations.get(bone, before)
            turn[:, row] = rotation(before) if callable(rotation) else rotation
        lowest = self.surface(begin[0], turn[0])[0][:, 2].min()
        return begin - [0, 0, lowest], turn

    def surface(self, begin: np.ndarray, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return vertices and normals (V, 3) for the bones (B, 3), (B, 3, 3) of one frame."""
        shift = begin - np.einsum("bij,bj->bi", turn, self.heads)
        rotation = np.einsum("vk,vkij->vij", self.bodies.weights, turn[self.bodies.moved_by])
        moved = np.einsum("vk,vki->vi", self.bodies.weights, shift[self.bodies.moved_by])
        turned = (np.einsum("vij,vj->vi", rotation, points) for points in (self.rest, self.normals))
        vertices, normals = turned
        return vertices + moved, normals

    def joints(self, begin: np.ndarray, turn: np.ndarray, names: list[str]) -> np.ndarray:
        """Return the true joints (T, V, 3) by their names in the layout mediapipe-33."""
        eyes = (self.head("eye.L") + self.head("eye.R")) / 2
        joints = []
        for name in names:
            kind, side = name.split("_")[0], "L" if name.endswith("left") else "R"
            if kind in _OF_HEAD:
                offset = np.array(_OF_HEAD[kind]) * [1 if side == "L" or kind == "nose" else -1, 1, 1]
                row = self.index["head"]
                offset = eyes + offset - self.heads[row]
                joints.append(begin[:, row] + np.einsum("tij,j->ti", turn[:, row], offset))
            elif kind == "heel":
                joints.append(begin[:, self.index[f"foot.{side}"]] + [0, 0.05, -0.06])
            else:
                joints.append(begin[:, self.index[f"{_MIDDLES.get(kind, 'eye')}.{side}"]])
        return np.stack(joints, axis=1)

    def _colours(self, rng: np.random.Generator) -> np.ndarray:
        weights = np.zeros((len(self.rest), len(self.heads)))
        np.put_along_axis(weights, self.bodies.moved_by, self.bodies.weights, 1)
        strongest = np.array(self.bodies.bones)[weights.argmax(axis=1)]

        def of(*starts: str) -> np.ndarray:
            return np.array([bone.startswith(starts) for bone in strongest])

        skin, long = np.array(_SKINS[rng.integers(4)], float), rng.random() < 0.5
        shirt, trousers, shoes = rng.integers(30, 230, 3), rng.integers(20, 130, 3), rng.integers(10, 80, 3)
        hair = np.array(_HAIRS[rng.integers(4)], float)
        colours = np.tile(skin, (len(strongest), 1))
        colours[of("spine", "clavicle", "shoulder", "upperarm") | (of("lowerarm") & long)] = shirt
        colours[of("pelvis", "upperleg", "lowerleg", "root", "spine05")] = trousers
        colours[of("foot", "toe")] = shoes
        x, y, z = (self.rest - (self.head("eye.L") + self.head("eye.R")) / 2).T
        head = of("head", "neck03", "eye")
        colours[head & ((z > 0.075) | ((y > 0.075) & (z > -0.06)))] = hair
        colours[head & (np.abs(x) > 0.012) & (np.abs(x) < 0.047) & (z > 0.014) & (z < 0.026) & (y < 0.03)] = hair * 0.8
        colours[head & (np.abs(x) < 0.025) & (np.abs(z + 0.075) < 0.008) & (y < 0.01)] = skin * [0.75, 0.5, 0.5]
        colours[of("eye")] = 245
        for side in "LR":
            x, y, z = (self.rest - self.head(f"eye.{side}")).T
            colours[of("eye") & (y < -0.006) & (np.hypot(x, z) < 0.008)] = 30
        return colours.clip(0, 255).astype(np.uint8)


class Room:
    """A room with the person in it and the camera before it.

    Args:
        person: whom to render.
        size: width and height of the pictures.
        angle: field of view of the longer side in degrees.
        camera: (3,) where the camera is.
        pitch: degrees by which it looks up.
        roll: degrees by which it is tilted.
        seed: of the colours, boxes and lights of the room.
    """

    def __init__(
        self, person: Person, size: tuple[int, int], angle: float, camera: Any, pitch: float, roll: float, seed: int
    ) -> None:
        import pyvista

        rng, triangles = np.random.default_rng(seed), person.bodies.faces
        self.plotter = pyvista.Plotter(off_screen=True, window_size=size, lighting="none")
        self.mesh = pyvista.PolyData(person.rest.copy(), np.c_[np.full(len(triangles), 3), triangles].ravel())
        self.mesh["colours"] = person.colours
        for centre, normal, low, high, noise in (((0, 2.5, 1.5), FRONT, 120, 230, 4), ((0, 0, 0), UP, 70, 180, 8)):
            square = {"i_size": 12, "j_size": 12, "i_resolution": 60, "j_resolution": 60}
            plane = pyvista.Plane(center=centre, direction=normal, **square)
            colours = rng.integers(low, high, 3) + rng.normal(0, noise, (plane.n_points, 1))
            plane["colours"] = colours.clip(0, 255).astype(np.uint8)
            self.plotter.add_mesh(plane, scalars="colours", rgb=True, ambient=0.5, diffuse=0.5)
        for _ in range(3):
            x, z, wide, high = rng.uniform((-3, 0, 0.3, 0.3), (2.4, 1.4, 1, 1.2))
            box = pyvista.Box((x, x + wide, 2.0, 2.45, z, z + high))
            self.plotter.add_mesh(box, color=rng.random(3) * 0.8 + 0.1, ambient=0.4)
        for y, z, strength in ((-4, 4, 0.8), (-2, 3, 0.4)):
            at = (rng.uniform(-3, 3), y, z)
            self.plotter.add_light(pyvista.Light(position=at, focal_point=(0, 0, 1), intensity=strength))
        width, height = size
        half = np.tan(np.radians(angle) / 2) * (1.0 if height >= width else height / width)
        looks = np.array([0, np.cos(np.radians(pitch)), np.sin(np.radians(pitch))])
        view = self.plotter.camera
        view.position, view.focal_point = camera, np.array(camera) + looks
        view.up = np.sin(np.radians(roll)), 0, np.cos(np.radians(roll))
        view.view_angle, view.clipping_range = np.degrees(2 * np.arctan(half)), (0.5, 20)
        self.plotter.render()
        self.back = self.plotter.screenshot(None, return_img=True).astype(np.float32)
        self.noise = [rng.normal(0, 3, self.back.shape).astype(np.float32) for _ in range(8)]
        for actor in list(self.plotter.actors.values()):
            self.plotter.remove_actor(actor)
        self.mesh.compute_normals(cell_normals=False, inplace=True, split_vertices=False, consistent_normals=False)
        person.normals = np.array(self.mesh.point_data["Normals"])
        self.plotter.add_mesh(self.mesh, scalars="colours", rgb=True, ambient=0.3, diffuse=0.7, specular=0.05)

    def picture(self, vertices: np.ndarray, normals: np.ndarray, number: int) -> np.ndarray:
        """Return the picture (H, W, 3) of one frame of that number, with noise of the sensor."""
        self.mesh.points, self.mesh.point_data["Normals"] = vertices, normals
        self.plotter.render()
        image = self.plotter.screenshot(None, return_img=True, transparent_background=True).astype(np.float32)
        opaque = image[..., 3:] / 255
        image = image[..., :3] * opaque + self.back * (1 - opaque) + self.noise[number % 8]
        return image.clip(0, 255).astype(np.uint8)
