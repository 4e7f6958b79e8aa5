"""Measure which gestures are named right in rendered films of a person, and what the way through the film changes.

Run `python benchmarks/rendered_films.py --films 48`. It needs the extra `video`, anny 0.6.2 and pyvista 0.49.1
(`pip install anny==0.6.2 pyvista==0.49.1`). Six people of a body model do eight gestures in a room, about four metres
from a camera at a height of 0.75 to 1.45 m: 960 x 540 pixels, 25 frames per second. zeroskel reads each film, and the
bundle of the package names one of the eight gestures; so it does for the true joints. The films differ in person,
colours, lights, camera, side, tempo, number of repetitions, and in where the hand goes. They are kept in the folder.
"""

import argparse
import json
import logging
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from parts.rendered_person import FRONT, LEFT, UP, Bodies, Person, Room, about, between, frame, unit
from zeroskel import SkeletonSequence, ZeroShotRecognizer
from zeroskel.core import get_layout
from zeroskel.skeleton.video import read_video

GESTURES = (
    "raise one hand straight up",
    "beckon",
    "wave",
    "left arm out to the side",
    "right arm out to the side",
    "stretch the arm to the front",
    "shrug",
    "move the hand up and down",
)
RATE, SIZE = 25, (960, 540)
HANGING = np.array([0.16, -0.95, 0.08])  # hand from its shoulder in arm lengths: to its side, up, to the front
ELBOW = {"beckon": (0.5, -0.8, 0.0), "wave": (0.6, -0.8, -0.1), "move the hand up and down": (0.5, -0.8, -0.1)}
JOINTS = list(get_layout("mediapipe-33").joints)


def eased(times: np.ndarray, keys: list[tuple[float, Any]]) -> np.ndarray:
    """Return the values (T, K) of a path through keys (time, value), at rest in each of them (minimum jerk)."""
    path = np.tile(np.asarray(keys[0][1], float), (len(times), 1))
    for (start, first), (end, second) in pairwise(keys):
        share = ((times - start) / (end - start)).clip(0, 1)[:, None]
        path += share**3 * (10 - 15 * share + 6 * share**2) * (np.asarray(second) - np.asarray(first))
    return path


def reached(gesture: str, rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
    """Return the points that the hand reaches one after the other, and the seconds from one to the next."""
    if gesture == "beckon":
        far = np.array([0.1, rng.uniform(-0.25, 0.05), rng.uniform(0.68, 0.85)])
        near = np.array([0.08, rng.uniform(-0.1, 0.1), rng.uniform(0.3, 0.42)])
        points, seconds = [far, *[near, far] * rng.integers(2, 5)], rng.uniform(0.3, 0.5)
    elif gesture == "wave":
        middle = rng.uniform((0.4, 0.25, 0.2), (0.6, 0.55, 0.4))
        aside = np.array([rng.uniform(0.16, 0.3), -0.04, 0])
        points, seconds = (
            [middle + aside, *[middle - aside, middle + aside] * rng.integers(3, 7)],
            rng.uniform(0.2, 0.35),
        )
    elif gesture == "move the hand up and down":
        out, front = rng.uniform((0.05, 0.45), (0.3, 0.65))
        low, high = np.array([out, rng.uniform(-0.55, -0.35), front]), np.array([out, rng.uniform(0.2, 0.5), front])
        points, seconds = [high, *[low, high] * rng.integers(3, 6)], rng.uniform(0.35, 0.65)
    else:
        bounds = {
            "raise one hand straight up": ((-0.05, 0.95, 0), (0.15, 0.97, 0.15)),
            "stretch the arm to the front": ((-0.12, -0.1, 0.95), (0.12, 0.08, 0.97)),
        }.get(gesture, ((0.96, -0.08, -0.05), (0.98, 0.08, 0.12)))
        goal = rng.uniform(*bounds)
        points, seconds = [goal, goal], rng.uniform(0.4, 1.8)
    return [point + rng.normal(0, 0.02, 3) * (len(points) > 2) for point in points], seconds


def hand_paths(gesture: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the times (T,), the paths (T, 3) of both hands and how far the shoulders are lifted (T,)."""
    start, end = rng.uniform(0.3, 1.3, 2)
    up, down = rng.uniform(0.6, 1.1, 2)
    rest, other_rest = HANGING + rng.normal(0, 0.03, (2, 3))
    keys: list[tuple[float, Any]] = [(start, rest)]
    lifts: list[tuple[float, Any]] = [(start, (0.0,))]
    side = {"left arm out to the side": "L", "right arm out to the side": "R"}.get(gesture, "LR"[rng.integers(2)])
    if gesture == "shrug":
        goal = np.array([0.45, -0.6, 0.35]) if rng.random() < 0.5 else rest + np.array([0.02, 0.03, 0.03])
        rises, holds = rng.uniform((0.35, 0.3), (0.55, 0.8))
        for _ in range(rng.integers(1, 3)):
            now = keys[-1][0]
            times = now + np.cumsum([rises, holds, rises, 0.3])
            keys += zip(times, (goal, goal, rest, rest), strict=True)
            lifts += zip(times, ((1.0,), (1.0,), (0.0,), (0.0,)), strict=True)
    else:
        points, seconds = reached(gesture, rng)
        if gesture == "raise one hand straight up":
            on_the_way = ((0.85, 0.1, 0.2) if rng.random() < 0.4 else (0.25, 0.1, 0.75)) * np.array(0.9)
            keys.append((start + 0.55 * up, on_the_way))
        keys += [(start + up + number * seconds, point) for number, point in enumerate(points)]
        keys.append((keys[-1][0] + down, rest))
    times = np.arange(0, keys[-1][0] + end, 1 / RATE)
    acting, resting = eased(times, keys), np.tile(other_rest, (len(times), 1))
    paths = {"L": resting, "R": resting, side: acting} if gesture != "shrug" else {"L": acting, "R": acting}
    paths = {
        name: path + rng.normal(0, 0.008, path.shape).cumsum(axis=0) / len(times) ** 0.5 for name, path in paths.items()
    }
    return {"times": times, **paths, "lift": eased(times, lifts)[:, 0] * rng.uniform(0.75, 1.1)}


def rotations(
    person: Person, gesture: str, paths: Mapping[str, np.ndarray], rng: np.random.Generator
) -> dict[str, Any]:
    """Return the rotations of the bones in which the hands are where the paths say."""
    times = paths["times"]

    def sway(angle: float, rate: float) -> np.ndarray:
        return angle * np.sin(2 * np.pi * rate * times + rng.uniform(0, 6))

    facing = about(UP, rng.normal(0, 0.12) + sway(0.02, 0.3))
    base = facing @ about(LEFT, sway(0.01, 0.25)) @ about(FRONT, sway(0.01, 0.2))
    lean, nod = about(LEFT, sway(0.02, 0.2)), about(LEFT, rng.uniform(-0.05, 0.1) + sway(0.02, 0.3))
    turns: dict[str, Any] = {"root": base, "spine04": lambda before: before @ lean, "head": lambda before: before @ nod}
    for side, sign in (("L", 1), ("R", -1)):
        axes = np.stack([sign * LEFT, UP, FRONT])
        path = paths[side]
        acts = np.ptp(path[:, 1]) > 0.3 and gesture != "shrug"
        hint = np.array(ELBOW.get(gesture, (0.4, -0.6, -0.7)) if acts else (0.4, -0.6, -0.7))
        shoulder, elbow, wrist = (person.head(f"{bone}.{side}") for bone in ("upperarm01", "lowerarm01", "wrist"))
        upper, fore = elbow - shoulder, wrist - elbow
        a, b = np.linalg.norm(upper), np.linalg.norm(fore)
        way = (path @ axes)[:, None] @ base.transpose(0, 2, 1) * (a + b)
        distance = np.linalg.norm(way[:, 0], axis=1).clip(abs(a - b) + 0.02, (a + b) * 0.995)[:, None]
        along = unit(way[:, 0])
        down = (hint @ axes) @ base.transpose(0, 2, 1)
        down = unit(down - along * (along * down).sum(axis=1, keepdims=True))
        cosine = (a**2 + distance**2 - b**2) / (2 * a * distance)
        to_elbow = a * (along * cosine + down * np.sqrt((1 - cosine**2).clip(0)))
        to_wrist = along * distance - to_elbow
        hinge, rest_hinge = np.cross(to_elbow, to_wrist), np.cross(upper, fore)
        lifted = (0.48 * paths["lift"] + 0.35 * path[:, 1].clip(0, 1)) * sign
        turns[f"clavicle.{side}"] = lambda before, lifted=lifted: before @ about(FRONT, lifted)
        turns[f"upperarm01.{side}"] = frame(to_elbow, hinge) @ frame(upper, rest_hinge).T
        turns[f"lowerarm01.{side}"] = frame(to_wrist, hinge) @ frame(fore, rest_hinge).T
        for bone, end, goal in (
            ("upperleg01", "lowerleg01", (sign * 0.08, -0.06, -1)),
            ("lowerleg01", "foot", (sign * 0.05, 0.06, -1)),
        ):
            rest = facing @ unit(person.head(f"{end}.{side}") - person.head(f"{bone}.{side}"))
            turns[f"{bone}.{side}"] = between(rest, facing @ unit(np.array(goal))) @ facing
        turns[f"foot.{side}"] = facing
    return turns


def make_film(bodies: Bodies, number: int, file: Path) -> None:
    """Write the film of a number, and its true joints beside it."""
    import av

    rng = np.random.default_rng([1, number])
    gesture, person = GESTURES[number % 8], Person(bodies, number // 8 % 6)
    paths = hand_paths(gesture, rng)
    begin, turn = person.pose(rotations(person, gesture, paths, rng), len(paths["times"]))
    begin[..., 0] += rng.normal(0, 0.25)
    distance, height, angle = rng.uniform(3.7, 4.3), rng.choice([0.75, 1.0, 1.2, 1.45]), rng.uniform(60, 72)
    pitch = np.degrees(np.arctan2(0.95 - height, distance)) + rng.normal(0, 2) + 4 * (height < 0.9)
    room = Room(person, SIZE, angle, (0, -distance, height), pitch, rng.normal(0, 1), number)
    joints = person.joints(begin, turn, JOINTS)
    joints[..., 1] += distance
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", 4_000_000
        for index in range(len(begin)):
            picture = room.picture(*person.surface(begin[index], turn[index]), index)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    room.plotter.close()
    np.save(file.with_suffix(".npy"), np.stack([-joints[..., 0], joints[..., 2], joints[..., 1]], axis=-1))


def depth_errors(film: SkeletonSequence, truth: SkeletonSequence) -> list[float]:
    """Return the root mean square errors in centimetres of the depth of wrists from their shoulders while raised."""
    errors = []
    for side in ("left", "right"):
        rows = film.layout.indices([f"shoulder_{side}", f"wrist_{side}"])
        ways = [np.diff(sequence.joints[0][:, rows], axis=1)[:, 0] for sequence in (film, truth)]
        raised = ways[1][:, 1] > -0.3
        if raised.sum() > 5:
            errors.append(100 * float(np.sqrt(np.mean((ways[0] - ways[1])[raised, 2] ** 2))))
    return errors


def main() -> None:
    """Make the films that are not there, read all, and print how many are named right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=48)
    parser.add_argument("--folder", type=Path, default=Path("rendered-films"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    options.folder.mkdir(exist_ok=True)
    files = [options.folder / f"{number:03d}.mp4" for number in range(options.films)]
    missing = [number for number, file in enumerate(files) if not file.with_suffix(".npy").exists()]
    if missing:
        bodies = Bodies()
        for number in missing:
            make_film(bodies, number, files[number])
            print(f"film {number}: {GESTURES[number % 8]}", flush=True)
    recognizer = ZeroShotRecognizer.load("default")
    rows = []
    for number, file in enumerate(files):
        truth = SkeletonSequence(np.load(file.with_suffix(".npy"))[None], "mediapipe-33", RATE)
        film = read_video(file, people=1)
        named = [recognizer.predict(sequence, GESTURES).best for sequence in (truth, film)]
        errors = depth_errors(film, truth)
        rows.append({"gesture": GESTURES[number % 8], "truth": named[0], "film": named[1], "depth_errors": errors})
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    print("| gesture | films | right from true joints | right from the film | depth error of raised wrists |")
    print("|---|---|---|---|---|")
    for gesture in (*GESTURES, "all"):
        films = [row for row in rows if gesture in ("all", row["gesture"])]
        right = [sum(row[kind] == row["gesture"] for row in films) for kind in ("truth", "film")]
        errors = [error for row in films for error in row["depth_errors"]]
        error = f"{np.mean(errors):.0f} cm" if errors else ""
        print(f"| {gesture} | {len(films)} | {right[0]} | {right[1]} | {error} |")


if __name__ == "__main__":
    main()
