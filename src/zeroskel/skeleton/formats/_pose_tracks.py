"""Pose tracks in HDF5: SLEAP (.slp, and its analysis .h5), DeepLabCut (.h5) and NWB with ndx-pose (.nwb), through h5py.

h5py is the package of the extra `tracks`. It runs in a process of its own (`_hdf5_worker`). The names of columns of
DeepLabCut are a pickle, whose instructions are looked at but not executed.
"""

import io
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._optional import import_optional
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._nwb_pose import nwb_points
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, refuse, unobserved
from zeroskel.skeleton.formats._pickles import tuples_of_texts
from zeroskel.skeleton.inference._points import FilePoints

_MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST_FRAMES = 2**20
_MOST_SECONDS = 60.0
_DEEPLABCUT_CUTOFF = 0.6  # likelihood below which DeepLabCut does not draw a point
_AXES = ("x", "y", "z")
_EXPORT_AGAIN = "Export it again, as CSV where the tool offers it"
_EXPECTED = "tracks of SLEAP or DeepLabCut, or PoseEstimation of NWB"


@dataclass(frozen=True, eq=False)
class _Store:
    """Arrays of an HDF5 file by path, and attributes by path and name."""

    arrays: dict[str, np.ndarray]
    attributes: dict[str, dict[str, Any]]


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is HDF5."""
    return head.startswith(_MAGIC)


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse the tracks of points in an HDF5 file.

    The arguments are those of zeroskel.skeleton.formats.parse; layout and fps are applied later.

    Returns:
        Points of each track; image coordinates where they have two axes.

    Raises:
        InputError: h5py is not installed.
        SkeletonFormatError: The file is cut short or altered, or holds no tracks.
    """
    if not looks_like(content):
        refuse(file, "", f"bytes that start with {content[:8].hex(' ')}", "HDF5", _EXPORT_AGAIN)
    import_optional("h5py", "reading HDF5 files")
    store = _store(content, file)
    pandas = [path for path, values in store.attributes.items() if values.get("pandas_type") == "frame_table"]
    try:
        with np.errstate(all="ignore"):
            if "nwb_version" in store.attributes[""]:
                return _checked(nwb_points(store.arrays, store.attributes, file), file)
            if "pred_points" in store.arrays:
                return _checked(_sleap_project(store, file), file)
            if "node_names" in store.arrays:
                return _checked(_sleap_analysis(store), file)
            if pandas:
                return _checked(_deeplabcut(store, pandas[0], file), file)
    except SkeletonFormatError:
        raise
    except Exception as error:  # noqa: BLE001 - a broken file lacks any array, name or attribute
        actual = f"arrays that do not agree ({type(error).__name__}: {str(error)[:120]})"
        refuse(file, "", actual, _EXPECTED, _EXPORT_AGAIN)
    refuse(file, "", f"HDF5 with {', '.join(store.arrays)[:200] or 'other arrays'}", _EXPECTED, _EXPORT_AGAIN)


def _store(content: bytes, file: Path) -> _Store:
    """Return the arrays that a process of its own reads."""
    command = [sys.executable, "-I", str(Path(__file__).with_name("_hdf5_worker.py"))]
    try:
        answer = subprocess.run(command, input=content, capture_output=True, timeout=_MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        refuse(file, "", "HDF5 that is read without end", _EXPECTED, _EXPORT_AGAIN)
    if answer.returncode:
        reason = answer.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["the library crashed"]
        refuse(file, "", f"broken HDF5 ({reason[0][:150]})", _EXPECTED, _EXPORT_AGAIN)
    with np.load(io.BytesIO(answer.stdout), allow_pickle=False) as arrays:
        loaded = {path: arrays[path] for path in arrays.files}
    return _Store(loaded, json.loads(str(loaded.pop("attributes"))))


def _checked(points: FilePoints, file: Path) -> FilePoints:
    """Return points after a check of their shape and numbers; two axes are those of an image."""
    coordinates, names = points.coordinates, points.names or ()
    if coordinates.ndim != 4 or coordinates.shape[2:] not in [(len(names), 2), (len(names), 3)]:
        actual = f"an array of shape {coordinates.shape} for {len(names)} names"
        refuse(file, "", actual, "people, frames, points and 2 or 3 axes", _EXPORT_AGAIN)
    if not coordinates.size or (np.abs(coordinates[~np.isnan(coordinates)]) > LARGEST).any():
        refuse(file, "", "no frames, or coordinates beyond measure", "finite numbers", _EXPORT_AGAIN)
    joints = np.where(np.isnan(coordinates).any(axis=-1, keepdims=True), np.nan, coordinates).astype(np.float32)
    if joints.shape[3] == 2:
        return replace(points, coordinates=joints, up="-y", unit="pixel")
    return replace(points, coordinates=joints)


def _sleap_analysis(store: _Store) -> FilePoints:
    """Return the array `tracks` of an analysis file; without names of its axes they are as SLEAP stores them."""
    axes = json.loads(store.attributes.get("tracks", {}).get("dims", '["track", "xy", "node", "frame"]'))
    order = [axes.index(axis) for axis in ("track", "frame", "node", "xy")]
    names = store.arrays["node_names"].ravel()
    texts = tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names)
    return FilePoints(store.arrays["tracks"].astype(np.float64).transpose(order), "SLEAP analysis", texts)


def _sleap_project(store: _Store, file: Path) -> FilePoints:
    """Return the instances of the video with most frames; corrected ones go before their predictions."""
    metadata = json.loads(store.attributes["metadata"]["json"])
    names = tuple(metadata["nodes"][node["id"]]["name"] for node in metadata["skeletons"][0]["nodes"])
    frames, instances = store.arrays["frames"], store.arrays["instances"]
    videos, counts = np.unique(frames["video"], return_counts=True)
    frames = frames[frames["video"] == videos[counts.argmax()]]
    numbers = frames["frame_idx"].astype(np.int64) - int(frames["frame_idx"].min())
    length, most = int(numbers.max()) + 1, int((frames["instance_id_end"] - frames["instance_id_start"]).max())
    if length > _MOST_FRAMES:
        refuse(file, "frames", f"{length} frames", f"at most {_MOST_FRAMES}", _EXPORT_AGAIN)
    coordinates = unobserved((most, length, len(names), 2), file)
    identities = np.full((most, length), -1)
    for number, frame in zip(numbers, frames, strict=True):
        group = instances[int(frame["instance_id_start"]) : int(frame["instance_id_end"])]
        corrected = set(group["from_predicted"][group["instance_type"] == 0].tolist()) - {-1}
        for slot, instance in enumerate(group):
            if int(instance["instance_id"]) in corrected:
                continue
            points = store.arrays["pred_points" if instance["instance_type"] == 1 else "points"]
            points = points[int(instance["point_id_start"]) : int(instance["point_id_end"])]
            xy = np.stack([points["x"], points["y"]], axis=-1)
            coordinates[slot, number] = np.where(points["visible"][:, None], xy, np.nan)
            identities[slot, number] = instance["track"]
    notes = (f"the video with most frames of {len(videos)} was read",) if len(videos) > 1 else ()
    tracks = identities if (identities >= 0).any() else None
    return FilePoints(coordinates, "SLEAP", names, identities=tracks, tracked=False, notes=notes)


def _deeplabcut(store: _Store, path: str, file: Path) -> FilePoints:
    """Return the table of DeepLabCut: columns by scorer, individual (not in older files), body part and coordinate."""
    labels = tuples_of_texts(store.attributes[f"{path}/table"]["values_block_0_kind"].encode("latin-1"))
    values = store.arrays[f"{path}/table"]["values_block_0"].astype(np.float64)
    if {len(label) for label in labels} - {3, 4} or values.shape[1:] != (len(labels),):
        actual = f"{len(labels)} labels for an array of shape {values.shape}"
        refuse(file, "the table", actual, "a label of scorer, body part and coordinate a column", _EXPORT_AGAIN)
    people = list(dict.fromkeys(label[1:-2] for label in labels))
    names = tuple(dict.fromkeys(label[-2] for label in labels))
    axes = [axis for axis in _AXES if any(label[-1] == axis for label in labels)]
    coordinates = unobserved((len(people), len(values), len(names), len(axes)), file)
    likelihoods = np.ones(coordinates.shape[:3])
    for column, label in enumerate(labels):
        person, point = people.index(label[1:-2]), names.index(label[-2])
        if label[-1] in axes:
            coordinates[person, :, point, axes.index(label[-1])] = values[:, column]
        elif label[-1] == "likelihood":
            likelihoods[person, :, point] = values[:, column]
    coordinates[likelihoods < _DEEPLABCUT_CUTOFF] = np.nan
    return FilePoints(coordinates, "DeepLabCut", names)
