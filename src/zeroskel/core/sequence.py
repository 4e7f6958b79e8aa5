"""SkeletonSequence: a recording of one or more bodies."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core._layout import Layout, get_layout
from zeroskel.core._reading import Reading
from zeroskel.core.errors import InputError, LayoutError


@dataclass(frozen=True, eq=False)
class SkeletonSequence:
    """Recording of one or more bodies: joints over time.

    Args:
        joints: (M, T, V, C) bodies, frames, joints, channels; (T, V, C) is one body. Metres, y up (2-D layouts: pixels
            or any unit, y up); NaN where a joint was not observed. Stored as float32.
        layout: layout of the V joints, or its name.
        fps: sampling rate in frames per second.
        reading: how a file was read, if the recording comes from one; `str` of it is a line for people.

    Raises:
        InputError: the number of axes or channels is wrong, a value is infinite, there is no frame, or `fps` is not
            positive.
        LayoutError: the layout is unknown or has another number of joints.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> SkeletonSequence(np.zeros((90, 25, 3)), layout="ntu-25", fps=30)
        SkeletonSequence(1 bodies, 90 frames, ntu-25, 30 fps, 0.0% missing)
    """

    joints: np.ndarray
    layout: Layout
    fps: float
    reading: Reading | None

    def __init__(
        self, joints: np.ndarray, layout: str | Layout, fps: float = 30.0, *, reading: Reading | None = None
    ) -> None:
        try:
            with np.errstate(over="ignore"):  # what exceeds float32 becomes infinite, and is refused below
                array, rate = np.asarray(joints, dtype=np.float32), float(fps)
        except (TypeError, ValueError) as error:
            raise InputError(f"joints or fps are not numbers in a regular array ({error})") from error
        if array.ndim == 3:
            array = array[None]
        resolved = get_layout(layout)
        if array.ndim != 4 or array.shape[3] not in (2, 3):
            raise InputError(
                f"joints have shape {array.shape}; expected (bodies, frames, joints, channels) with 2 or 3 channels"
            )
        if array.shape[2] != len(resolved.joints):
            raise LayoutError(
                f"joints have shape {array.shape}, so {array.shape[2]} joints; layout {resolved.name} has "
                f"{len(resolved.joints)}"
            )
        if array.shape[0] < 1 or array.shape[1] < 1:
            raise InputError(f"joints have shape {array.shape}: a sequence needs at least one body and one frame")
        if np.isinf(array).any():
            raise InputError("joints have infinite values; use NaN where a joint was not observed")
        if not (np.isfinite(rate) and rate > 0):
            raise InputError(f"fps is {fps}; expected a positive number of frames per second")
        object.__setattr__(self, "joints", array)
        object.__setattr__(self, "layout", resolved)
        object.__setattr__(self, "fps", rate)
        object.__setattr__(self, "reading", reading)

    @property
    def bodies(self) -> int:
        """Number of bodies M."""
        return int(self.joints.shape[0])

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return int(self.joints.shape[1])

    @property
    def channels(self) -> int:
        """Number of channels C: 3 in space, 2 in an image."""
        return int(self.joints.shape[3])

    @property
    def observed(self) -> np.ndarray:
        """Mask (M, T, V), True where a joint has all its coordinates."""
        return ~np.isnan(self.joints).any(axis=-1)

    def replace(
        self, joints: np.ndarray, *, layout: Layout | None = None, fps: float | None = None
    ) -> "SkeletonSequence":
        """Return a recording with other joints.

        Args:
            joints: (M, T, V, C).
            layout: layout of the joints; that of this recording by default.
            fps: sampling rate in frames per second; that of this recording by default.
        """
        return SkeletonSequence(joints, layout or self.layout, self.fps if fps is None else fps, reading=self.reading)

    def __repr__(self) -> str:
        missing = 1.0 - float(self.observed.mean())
        return (
            f"SkeletonSequence({self.bodies} bodies, {self.frames} frames, {self.layout.name}, "
            f"{self.fps:g} fps, {missing:.1%} missing)"
        )
