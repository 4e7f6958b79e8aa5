"""Joint layouts: the joints of a skeleton by name, and their meaning."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.core._joint_spelling import Spelling, name_words, spellings
from zeroskel.core.errors import LayoutError


@dataclass(frozen=True)
class Layout:
    """Joints of a skeleton by name, with bones, centre, mirror pairs and body parts.

    All layouts share one vocabulary of joint names, so joints of two layouts correspond by name.

    Args:
        name: name of the layout, such as "ntu-25".
        joints: V joint names in the order of the array axis.
        bones: (child, parent) joint names; the edges of the skeleton graph.
        centre: joint from which the spatial graph partition measures distance.
        pelvis: joints whose mean is the middle of the hips.
        chest: joints whose mean is the middle of the shoulders; chest to pelvis is the torso.
        mirror: (left, right) joint names; joints in no pair are their own mirror image.
        parts: body part ("head", "torso", "left_arm", "right_arm", "left_leg", "right_leg") to joint names.
        derived: joint of another layout to the joints of this layout whose mean it is (hip_center from two hips).
        aliases: spelling of a joint in files to its name in the vocabulary.
        source: publication or file that the joint order comes from.

    Raises:
        LayoutError: a joint is named but not listed, or listed twice.

    Example:
        >>> from zeroskel.core import get_layout
        >>> layout = get_layout("kinect-20")
        >>> layout
        Layout('kinect-20', 20 joints)
        >>> layout.indices(["hip_center", "head"])
        [0, 3]
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    centre: str
    pelvis: tuple[str, ...]
    chest: tuple[str, ...]
    mirror: tuple[tuple[str, str], ...]
    parts: dict[str, tuple[str, ...]] = field(hash=False)
    derived: dict[str, tuple[str, ...]] = field(hash=False)
    aliases: dict[str, str] = field(hash=False)
    source: str

    def __post_init__(self) -> None:
        named = [*self.pelvis, *self.chest, self.centre]
        named += [j for pair in (*self.bones, *self.mirror) for j in pair]
        named += [j for part in (*self.parts.values(), *self.derived.values()) for j in part]
        unknown = sorted(set(named) - set(self.joints))
        if unknown or len(set(self.joints)) != len(self.joints):
            raise LayoutError(f"layout {self.name}: joints named but not listed, or listed twice: {unknown}")

    def __repr__(self) -> str:
        return f"Layout({self.name!r}, {len(self.joints)} joints)"

    def index(self, joint: str) -> int:
        """Return the position of a joint on the V axis.

        Args:
            joint: name of the joint.

        Raises:
            LayoutError: the layout does not have the joint.
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            raise LayoutError(f"layout {self.name} has no joint {joint!r}; it has {', '.join(self.joints)}") from None

    def indices(self, joints: Iterable[str]) -> list[int]:
        """Return the positions of joints on the V axis.

        Args:
            joints: names of the joints.

        Raises:
            LayoutError: the layout does not have a joint.
        """
        return [self.index(joint) for joint in joints]

    @property
    def mirror_order(self) -> np.ndarray:
        """Index array (V,) that exchanges left and right joints."""
        order = np.arange(len(self.joints))
        for left, right in self.mirror:
            order[self.index(left)], order[self.index(right)] = self.index(right), self.index(left)
        return order


def available_layouts() -> list[str]:
    """Return the names of the layouts that come with the package.

    Returns:
        Names in alphabetical order.

    Example:
        >>> from zeroskel.core import available_layouts
        >>> "ntu-25" in available_layouts()
        True
    """
    return list(_names())


@cache
def _names() -> tuple[str, ...]:
    folder = resources.files("zeroskel.resources") / "layouts"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def _load(name: str) -> Layout:
    return Layout(name=name, **{"derived": {}, "aliases": {}} | _tuples(resource_table(f"layouts/{name}.toml")))


def _tuples(value: Any) -> Any:
    """Return a value of a TOML file with tuples for its lists."""
    if isinstance(value, dict):
        return {name: _tuples(entry) for name, entry in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def get_layout(layout: str | Layout) -> Layout:
    """Return a layout by its name.

    Args:
        layout: name of a layout that comes with the package, also in a usual spelling such as "BODY_25" or
            "mediapipe"; a Layout is returned unchanged.

    Returns:
        The layout.

    Raises:
        LayoutError: the name is unknown.

    Example:
        >>> from zeroskel.core import get_layout
        >>> get_layout("coco-17").pelvis
        ('hip_left', 'hip_right')
    """
    if isinstance(layout, Layout):
        return layout
    plain = re.sub(r"[\s_.]+", "-", str(layout).strip().lower())
    layout = layout if layout in _names() else plain
    if layout not in _names():
        layout = resource_table("joint_names.toml")["layouts"].get(plain, layout)
    if layout not in _names():
        raise LayoutError(f"unknown layout {layout!r}; known layouts: {', '.join(available_layouts())}")
    return _load(layout)


def canonical_joint(name: str, layout: Layout) -> str:
    """Return the layout's spelling of a joint name: letter case, separators, side and aliases are resolved."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    if plain in layout.joints:
        return plain
    if plain in layout.aliases:
        return layout.aliases[plain]
    known = _known_spellings(layout.joints, tuple(layout.aliases.items()))
    return next((known[spelling] for spelling in spellings(name_words(name)) if spelling in known), plain)


@lru_cache(maxsize=64)
def _known_spellings(joints: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> dict[Spelling, str]:
    known = {spellings(name_words(joint))[0]: joint for joint in joints if name_words(joint)}
    for alias, joint in aliases:
        known.setdefault(spellings(name_words(alias))[0], joint)
    return known


def layout_of_joints(joint_names: Iterable[str]) -> Layout:
    """Return the known layout whose joints are exactly the given names, in any order and as a file spells them.

    Raises:
        LayoutError: no known layout has exactly these joints.
    """
    names = list(joint_names)
    for known in available_layouts():
        layout = get_layout(known)
        if len(names) == len(layout.joints) and {canonical_joint(n, layout) for n in names} == set(layout.joints):
            return layout
    raise LayoutError(
        f"no known layout has exactly the {len(names)} joints {', '.join(names)}; "
        f"known layouts: {', '.join(available_layouts())}. Name a layout to use the joints that both have"
    )


@dataclass(frozen=True)
class JointRule:
    """Place of a joint that a recording does not have.

    Attributes:
        joint: name of the joint.
        weights: joints of the same body with their weights; the joint is their weighted sum.
        guess: whether the rule is a guess for encoders, which reading and conversion do not apply.
    """

    joint: str
    weights: dict[str, float] = field(hash=False)
    guess: bool = False


@cache
def joint_rules() -> tuple[JointRule, ...]:
    """Return the rules of the package, in the order in which they apply."""
    return tuple(
        JointRule(
            rule["joint"].replace("*", side),
            {name.replace("*", side): weight for name, weight in rule["from"].items()},
            rule.get("guess", False),
        )
        for rule in resource_table("derived_joints.toml")["rules"]
        for side in (("left", "right") if "*" in rule["joint"] else ("",))
    )
