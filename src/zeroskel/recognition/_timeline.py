"""Timeline: which person of a recording does what, and when."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.core import Segment, SkeletonSequence
from zeroskel.core._progress import Progress
from zeroskel.recognition._bundle import Bundle, check_calibrated, checked_threshold
from zeroskel.recognition._decoder import Span, best_spans, choices_of
from zeroskel.recognition._motion import motion_of
from zeroskel.recognition._motion_check import check_coordinates, check_motion, is_judged
from zeroskel.recognition._prediction import Candidates, rounded_number
from zeroskel.recognition._stillness import allows_stillness, still_stretches
from zeroskel.recognition._timeline_files import read_segments, write_timeline
from zeroskel.recognition._windows import STEP, rest_probabilities, window_blocks, window_frames
from zeroskel.skeleton._people import Person, people_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Lane:
    """Probabilities of one person over time.

    Args:
        person: number of the person, from 0.
        start: seconds from the start of the recording to the first moment.
        step: seconds between two moments.
        probabilities: (T, A + 1) float32 probability of each action, and of none of them, at each moment.
    """

    person: int
    start: float
    step: float
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Timeline:
    """Actions of the people of a recording over time.

    Args:
        segments: segments in temporal order. Those of one person do not overlap; between them the person does none of
            the actions.
        actions: A candidates, in the order they were given.
        seconds: duration of the recording.
        lanes: probabilities over time, one lane for each person.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.recognition import Timeline
        >>> timeline = Timeline((Segment(0, 1.0, 2.5, "jump", 0.8),), ("jump", "sit down"), 4.0)
        >>> timeline.to_frame()
           person  start  end action  probability
        0       0    1.0  2.5   jump          0.8
    """

    segments: tuple[Segment, ...]
    actions: tuple[str, ...]
    seconds: float
    lanes: tuple[Lane, ...] = ()

    @property
    def people(self) -> tuple[int, ...]:
        """Return the numbers of the people, also of those who do none of the actions."""
        return tuple(sorted({*(lane.person for lane in self.lanes), *(segment.person for segment in self.segments)}))

    def to_frame(self) -> "pd.DataFrame":
        """Return the segments as a table with the columns person, start, end, action and probability."""
        import pandas as pd  # takes half a second to import

        columns = ["person", "start", "end", "action", "probability"]
        return pd.DataFrame([asdict(segment) for segment in self.segments], columns=columns)

    def to_dict(self, *, decimals: int | None = None) -> dict[str, Any]:
        """Return the timeline as a dictionary that `json.dumps` accepts.

        Args:
            decimals: number of decimals of all numbers; None keeps them as they are.

        Returns:
            The keys "segments" (each with "person", "start", "end", "action" and "probability"), "actions", "people"
            and "seconds".
        """

        def row(segment: Segment) -> dict[str, Any]:
            numbers = {name: rounded_number(getattr(segment, name), decimals) for name in ("start", "end")}
            probability = rounded_number(segment.probability, decimals)
            return {"person": segment.person, **numbers, "action": segment.action, "probability": probability}

        return {
            "segments": [row(segment) for segment in self.segments],
            "actions": list(self.actions),
            "people": list(self.people),
            "seconds": rounded_number(self.seconds, decimals),
        }

    def save(self, path: str | Path, *, media: str | Path | None = None) -> None:
        """Write the timeline in the format that the suffix names; an error leaves an existing file as it is.

        Args:
            path: file that ends in .csv, .json, .vtt (captions), .eaf (ELAN annotations), .png or .svg (picture).
            media: video of the recording, which an ELAN file refers to; other formats ignore it.

        Raises:
            InputError: if the suffix is unknown, the path is a folder, or its folder cannot be written.
        """
        write_timeline(self, Path(path), None if media is None else Path(media))

    @classmethod
    def read(cls, path: str | Path) -> "Timeline":
        """Return the timeline of a .csv or .json file, without the probabilities over time.

        A CSV file holds the segments only: the actions are those of its segments, and the duration ends with the last.

        Args:
            path: file that `save` wrote, or any with the same columns or keys.

        Raises:
            MissingFileError: if the file does not exist.
            InputError: if the suffix is another one, or the file is broken; the message names the line or the segment.
        """
        segments, content = read_segments(Path(path))
        actions = content.get("actions") or dict.fromkeys(segment.action for segment in segments)
        seconds = content.get("seconds") or max((segment.end for segment in segments), default=0.0)
        return cls(tuple(segments), tuple(map(str, actions)), float(seconds))

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __len__(self) -> int:
        return len(self.segments)

    def __repr__(self) -> str:
        return f"Timeline({len(self.segments)} segments of {len(self.people)} people in {self.seconds:.1f} s)"


def timeline_of(
    bundle: Bundle, sequence: SkeletonSequence, candidates: Candidates, threshold: float | None, progress: Progress
) -> Timeline:
    """Return the timeline that `ZeroShotRecognizer.timeline` promises."""
    check_calibrated(bundle)
    threshold = checked_threshold(threshold)
    seconds = sequence.frames / sequence.fps
    segments: list[Segment] = []
    lanes = []
    check_coordinates(sequence, "The recording")
    for person in people_of(sequence):
        check_motion(person.sequence, f"Person {person.number}")
        motion = motion_of(person.sequence, bundle.layout)
        rest = rest_probabilities(motion)
        course = np.zeros((len(rest), len(candidates.actions) + 2), dtype=np.float32)
        blocks = window_blocks(bundle, person.sequence, motion, rest, candidates, progress)
        spans = best_spans(choices_of(blocks, course), rest, threshold)
        lanes.append(Lane(person.number, 0.0, STEP, _probabilities(course, rest)))
        segments += [_segment(span, person.number, candidates.actions, seconds) for span in spans]
        for span in spans:
            rest[span.start : span.end] = 0
        segments += _still_segments(bundle, person, candidates, rest, threshold)
    ordered = sorted(segments, key=lambda segment: (segment.start, segment.person))
    return Timeline(tuple(ordered), candidates.actions, seconds, tuple(lanes))


def _segment(span: Span, person: int, actions: tuple[str, ...], seconds: float) -> Segment:
    end = min(span.end * STEP, seconds)
    return Segment(person, span.start * STEP, end, actions[span.action], span.probability)


def _still_segments(
    bundle: Bundle, person: Person, candidates: Candidates, rest: np.ndarray, threshold: float
) -> Iterator[Segment]:
    """Yield the stretches of rest (S,) in which a person does an action that allows stillness."""
    allowed = allows_stillness(bundle, candidates)
    for start, end in still_stretches(rest) if allowed.any() else ():
        stretch = person.sequence.replace(person.sequence.joints[:, window_frames(start, end, person.sequence)])
        if not is_judged(stretch):
            continue
        (prediction,) = bundle.score(bundle.encode([stretch]), candidates, threshold=threshold)
        best = int(prediction.scores.argmax())
        if allowed[best] and not prediction.none_of_these:
            probability = float(prediction.probabilities[best]) * (prediction.presence or 0.0)
            yield Segment(person.number, start * STEP, end * STEP, prediction.best, probability)


def _probabilities(course: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return the probabilities (S, A + 1) in each step, the last one that of none of the actions.

    Args:
        course: (S, A + 2) from `choices_of`.
        rest: (S,) probability of rest.
    """
    weights = np.where(course[:, -2:-1] > 0, course[:, -2:-1], 1)
    of_actions = course[:, :-2] / weights * (course[:, -1] * (1 - rest))[:, None]
    return np.column_stack([of_actions, 1 - of_actions.sum(axis=1)]).astype(np.float32)
