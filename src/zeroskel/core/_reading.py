"""Account of how a file was read: what it states and what was inferred."""

from dataclasses import asdict, dataclass
from typing import Any

_AXES = {
    "y": "y up",
    "-y": "y down turned up",
    "z": "z up turned to y",
    "-z": "z down turned to y",
    "x": "x up turned to y",
}
_UNITS = {
    "m": "metres",
    "dm": "decimetres turned to metres",
    "cm": "centimetres turned to metres",
    "mm": "millimetres turned to metres",
    "inch": "inches turned to metres",
    "asf": "units of 1/0.45 inch turned to metres",
    "pixel": "image coordinates, without depth",
}


@dataclass(frozen=True)
class Reading:
    """Account of how a file became a recording. `str` of it is one line for people, `to_dict` the same for programs.

    Attributes:
        format: what the file was taken for, such as "CSV of joints" or "OpenPose JSON".
        layout: name of the layout of the points.
        points: number of points of the file that are joints of the layout.
        up: axis of the file that points up: "y", "-y", "z", "-z" or "x".
        unit: unit of the file: "m", "dm", "cm", "mm", "inch", "asf" (1/0.45 inch, of CMU) or "pixel".
        fps: frames per second of the recording.
        people: number of people in the recording.
        inferred: names of the facts (of "layout", "up", "unit", "fps") that neither the file nor the caller states.
        notes: further sentences without a full stop, such as "no joint head".
    """

    format: str
    layout: str
    points: int
    up: str
    unit: str
    fps: float
    people: int = 1
    inferred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        def fact(name: str, text: str) -> str:
            return f"{text} (inferred)" if name in self.inferred else text

        rate = f"{self.fps:.4g} frames a second"
        parts = [
            f"read as {self.format}",
            fact("layout", f"{self.points} joints of {self.layout}"),
            fact("up", _AXES[self.up]),
            fact("unit", _UNITS[self.unit]),
            f"{rate} (assumed)" if "fps" in self.inferred else rate,
        ]
        if self.people > 1:
            parts.append(f"{self.people} people")
        return "; ".join([", ".join(parts), *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as a dictionary that `json.dumps` accepts, with the line under "text"."""
        return {**asdict(self), "inferred": list(self.inferred), "notes": list(self.notes), "text": str(self)}
