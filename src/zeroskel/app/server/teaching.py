"""Teaching: examples of actions that clients give, kept in memory until they are unused for a while."""

import io
import secrets
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.app.server.names import comparison_key
from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.turns import Busy
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.recognition import ZeroShotRecognizer
from zeroskel.recognition._examples import Examples
from zeroskel.skeleton._people import people_of

MAX_EXAMPLES = 200  # of a session
MAX_SESSIONS_OF_CLIENT = 16  # of one address
MAX_SESSIONS = 256
UNUSED_SECONDS = 1800.0  # after which a session is forgotten
MIN_EXAMPLE_SECONDS = 0.2
BUNDLE_NAME = "taught-bundle"


class UnknownTeaching(Refusal):
    """There is no teaching session with this id."""

    code = ProblemCode.UNKNOWN_TEACHING


@dataclass(frozen=True, eq=False)
class TaughtExample:
    """Example of an action.

    Attributes:
        id: number of the example in its session.
        name: name of the action.
        seconds: duration of the example.
        features: (D,) features of the example.
    """

    id: int
    name: str
    seconds: float
    features: np.ndarray


@dataclass(eq=False)
class Teaching:
    """Examples of one client.

    Attributes:
        base: recognizer of the server.
        client: address of the client.
        id: secret by which the client names the session.
        used: time of the last use.
        examples: examples in the order in which they were given.
        next_id: id of the next example.
    """

    base: ZeroShotRecognizer
    client: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    used: float = field(default_factory=time.monotonic)
    examples: list[TaughtExample] = field(default_factory=list)
    next_id: int = 0
    _recognizers: dict[tuple[str, ...], ZeroShotRecognizer] = field(default_factory=dict)

    def add(self, names: Sequence[str], seconds: Sequence[float], features: np.ndarray) -> None:
        """Add examples with features (n, D). Raises InputError where the session would have too many."""
        if len(self.examples) + len(names) > MAX_EXAMPLES:
            raise InputError(
                f"The session would have {len(self.examples) + len(names)} examples; expected at most {MAX_EXAMPLES}. "
                "Remove some, or begin a new session."
            )
        spelt = {comparison_key(example.name): example.name for example in self.examples}
        for name, duration, row in zip(names, seconds, features, strict=True):
            name = spelt.setdefault(comparison_key(name), name)
            self.examples.append(TaughtExample(self.next_id, name, duration, row))
            self.next_id += 1
        self._recognizers.clear()

    def remove(self, example: int) -> None:
        """Remove an example. Raises UnknownTeaching where the session has no such example."""
        remaining = [each for each in self.examples if each.id != example]
        if len(remaining) == len(self.examples):
            raise UnknownTeaching("The teaching session has no example with this id.")
        self.examples = remaining
        self._recognizers.clear()

    def recognizer(self, actions: Sequence[str] = ()) -> ZeroShotRecognizer:
        """Return the recognizer that uses the examples, with the names as the list of actions spells them."""
        if not self.examples:
            return self.base
        actions = tuple(actions)
        if actions not in self._recognizers:
            spelt = {comparison_key(name): name for name in actions}
            labels = tuple(spelt.get(comparison_key(each.name), each.name) for each in self.examples)
            added = Examples(np.stack([each.features for each in self.examples]), labels)
            examples = added if self.base.examples is None else self.base.examples.extended(added)
            if len(self._recognizers) > 8:
                self._recognizers.clear()
            self._recognizers[actions] = replace(self.base, examples=examples)
        return self._recognizers[actions]

    def to_dict(self) -> dict[str, Any]:
        """Return the state of the session as JSON."""
        return {
            "teaching": self.id,
            "examples": [
                {"id": example.id, "name": example.name, "seconds": round(example.seconds, 3)}
                for example in self.examples
            ],
            "counts": Counter(example.name for example in self.examples),
            "forgotten_after_seconds": UNUSED_SECONDS,
        }

    def zipped_bundle(self) -> bytes:
        """Return a ZIP file of the bundle with the examples, which `ZeroShotRecognizer.load` opens after unpacking."""
        content = io.BytesIO()
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / BUNDLE_NAME
            self.recognizer().save(folder)
            with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                    archive.write(file, file.relative_to(temporary))
        return content.getvalue()


class Teachings:
    """All teaching sessions of a server. They are in memory only."""

    def __init__(self, base: ZeroShotRecognizer) -> None:
        self.base = base
        self._sessions: dict[str, Teaching] = {}

    def begin(self, client: str) -> Teaching:
        """Return a new session of a client.

        The client's session that was unused for longest is forgotten where the client has too many.

        Raises:
            Refusal: The bundle is not calibrated.
            Busy: The server has too many sessions.
        """
        if self.base.calibration is None:
            message = "The bundle of this server is not calibrated and cannot weigh examples against words."
            raise Refusal(message, ProblemCode.NOT_CALIBRATED)
        self._forget_unused()
        of_client = sorted((each for each in self._sessions.values() if each.client == client), key=lambda s: s.used)
        for session in of_client[: max(0, len(of_client) + 1 - MAX_SESSIONS_OF_CLIENT)]:
            del self._sessions[session.id]
        if len(self._sessions) >= MAX_SESSIONS:
            raise Busy("Too many clients teach actions. Try again later.")
        session = Teaching(self.base, client)
        self._sessions[session.id] = session
        return session

    def get(self, identifier: str) -> Teaching:
        """Return a session, which counts as a use. Raises UnknownTeaching where there is none with this id."""
        self._forget_unused()
        if identifier not in self._sessions:
            raise UnknownTeaching(
                "There is no such teaching session. A session is forgotten after "
                f"{UNUSED_SECONDS / 60:g} minutes without use. Send its examples again."
            )
        session = self._sessions[identifier]
        session.used = time.monotonic()
        return session

    def forget_empty(self, session: Teaching) -> None:
        """Forget a session that got no example."""
        if not session.next_id:
            self._sessions.pop(session.id, None)

    def end(self, identifier: str) -> None:
        """Forget a session. Raises UnknownTeaching where there is none with this id."""
        session = self.get(identifier)
        del self._sessions[session.id]

    def _forget_unused(self) -> None:
        oldest = time.monotonic() - UNUSED_SECONDS
        self._sessions = {key: session for key, session in self._sessions.items() if session.used > oldest}


def cut_example(
    sequence: SkeletonSequence, start: float | None, end: float | None, person: int | None
) -> SkeletonSequence:
    """Return the part of a recording that shows an action.

    Args:
        sequence: recording.
        start: seconds from its start; None is its start.
        end: seconds from its start; None is its end.
        person: number of the person, as `predict_people` numbers them; None keeps all bodies.

    Raises:
        InputError: The range or the person is not in the recording.
    """
    duration = sequence.frames / sequence.fps
    first, last = 0.0 if start is None else start, duration if end is None else min(end, duration)
    shortest = min(MIN_EXAMPLE_SECONDS, duration)
    if last - first < shortest - 1e-6:
        raise InputError(
            f"The example begins at {first:g} s and ends at {last:g} s of {duration:g} s; expected a range of at least "
            f"{MIN_EXAMPLE_SECONDS:g} s within the recording."
        )
    if person is not None:
        people = people_of(sequence)
        if person >= len(people):
            raise InputError(f"The example is of person {person}; the recording has {len(people)} people, from 0.")
        sequence = people[person].sequence
    frames = slice(int(first * sequence.fps), max(round(last * sequence.fps), int(first * sequence.fps) + 1))
    return sequence.replace(sequence.joints[:, frames])
