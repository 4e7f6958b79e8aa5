"""Joint names of files: their spelling, and the layout that has exactly these joints."""

from collections.abc import Iterable

from zeroskel.core.errors import LayoutError
from zeroskel.core.layout import Layout, available_layouts, get_layout


def canonical_joint(name: str, layout: Layout) -> str:
    """Return the layout's spelling of a joint name: letter case, blanks and aliases are resolved.

    Args:
        name: joint name as a file spells it.
        layout: layout whose aliases apply.
    """
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    return layout.aliases.get(plain, plain)


def layout_of_joints(joint_names: Iterable[str]) -> Layout:
    """Return the known layout whose joints are exactly the given names, in any order.

    Args:
        joint_names: joint names as a file spells them.

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
