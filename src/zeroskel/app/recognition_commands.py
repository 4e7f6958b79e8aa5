"""The commands that recognise or estimate motion in one recording: `zeroskel predict`, `timeline` and `pose`."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from zeroskel.app.arguments import action_list, check_save_option, joint_names, read_recording, save_film
from zeroskel.app.terminal import console, errors, print_bundle_notice, print_line, shown_progress
from zeroskel.core import InputError, Segment, SkeletonSequence

if TYPE_CHECKING:
    from zeroskel.recognition import Explanation, Prediction, Timeline
    from zeroskel.recognition._people import PersonPrediction


def predict(
    file: Path,
    actions: Annotated[list[str], Option()],
    model: str = "default",
    layout: str | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    joints: Path | None = None,
    mirror: bool | None = None,
    threshold: float | None = None,
    explain: Annotated[bool, Option("--explain")] = False,
    as_json: Annotated[bool, Option("--json")] = False,
    people: int = 4,
    save: Path | None = None,
) -> None:
    """Name the action in one recording, and what each person does if there are several.

    One line on standard error says how the file was read. With one action the answer is whether it happens. The table
    is about the person who moves most.

    Options:
        file: Skeleton file (.skeleton, .bvh, .csv, .json, .c3d, .trc …), folder with a file for each frame, or video.
        actions: Names of actions, each in quotes if it has blanks; or a text file with one name per line.
        threshold: Presence from which on one of the actions counts as happening, from 0 to 1. The default is 0.5.
        explain: Say what the motion shows, and what of it speaks for the best action and against it.
        as_json: Print the prediction as JSON, with one entry in people for each person; with --explain, the whole
            explanation.
        save: For videos: write a copy with skeletons, actions and lanes to this .mp4 file.
    """
    from zeroskel import ZeroShotRecognizer
    from zeroskel.recognition._people import main_person

    names = action_list(actions)
    if explain and len(names) < 2:
        raise InputError("--explain compares actions. Name two or more with --actions.")
    check_save_option(save, file)
    sequence, landmarks = read_recording(file, layout, fps, up, unit, joint_names(joints), mirror, people)
    recognizer = ZeroShotRecognizer.load(model)
    explanation = recognizer.explain(sequence, names) if explain else None
    prediction = recognizer.predict(sequence, names, threshold=threshold)
    person_predictions = recognizer.predict_people(sequence, names, threshold=threshold)
    if save is not None:
        save_film(file, save, sequence, landmarks, [_segment_of(person) for person in person_predictions])
    notice = recognizer.facts.get("notice", "")
    if as_json:
        facts = {} if explanation is None else explanation.to_dict()
        reading = None if sequence.reading is None else sequence.reading.to_dict()
        answer = {"file": str(file), "reading": reading, **facts, **prediction.to_dict()}
        answer |= {
            "person": main_person(sequence, person_predictions),
            "people": [person.to_dict() for person in person_predictions],
        }
        print(json.dumps({**answer, "notice": notice}))
        return
    _print_reading(file, sequence)
    _print_prediction(prediction)
    if len(person_predictions) > 1:
        _print_people(person_predictions)
    if explanation is not None:
        _print_explanation(explanation)
    print_bundle_notice(notice)


def _segment_of(person: "PersonPrediction") -> Segment:
    """Return what a person does in a whole recording."""
    probability = float(person.probabilities[person.scores.argmax()])
    if len(person.actions) == 1:
        probability = 1.0 if person.presence is None else person.presence
    if person.none_of_these:
        return Segment(person.person, person.start, person.end, "none of these", 1.0 - (person.presence or 0.0))
    return Segment(person.person, person.start, person.end, person.best, probability)


def _print_prediction(prediction: "Prediction") -> None:
    """Print a table of the actions, and whether one of them happens at all."""
    from rich.markup import escape
    from rich.table import Column, Table

    number = partial(Column, justify="right")
    table = Table(Column("action", overflow="fold"), number("probability"), number("score"))
    for index in (-prediction.scores).argsort(kind="stable"):
        share, score = prediction.probabilities[index], prediction.scores[index]
        table.add_row(escape(prediction.actions[index]), f"{share:.1%}", f"{score:.3f}")
    if len(prediction.actions) > 1:
        console.print(table)
    if prediction.presence is None:
        if len(prediction.actions) == 1:
            raise InputError("This bundle is not calibrated and cannot tell whether one action happens. Name more.")
        return
    subject = f'"{escape(prediction.best)}"' if len(prediction.actions) == 1 else "one of these actions"
    answer = "none of these" if prediction.none_of_these else f'"{escape(prediction.best)}"'
    if len(prediction.actions) == 1:
        answer = "no" if prediction.none_of_these else "yes"
    presence, threshold = f"{prediction.presence:.0%}", f"{prediction.threshold:.0%}"
    reason = f", because {prediction.note}" if prediction.note else ""
    print_line(f"Answer: {answer}. The presence of {subject} is {presence}{reason} (threshold {threshold}).")


def _print_people(people: "Sequence[PersonPrediction]") -> None:
    """Print a line for each person: from when to when the person is there, and what the person does."""
    from rich.markup import escape

    for person in people:
        answer = f'"{escape(person.best)}" ({person.probabilities[person.scores.argmax()]:.1%})'
        if len(person.actions) == 1:
            answer = "no" if person.none_of_these else "yes"
        elif person.none_of_these:
            answer = f"none of these; the closest is {answer}"
        presence = "" if person.presence is None else f", presence {person.presence:.0%}"
        note = f", {person.note}" if person.note else ""
        print_line(f"Person {person.person}, {person.start:.1f} to {person.end:.1f} s: {answer}{presence}{note}")


def timeline(
    file: Path,
    actions: Annotated[list[str], Option()],
    out: Annotated[list[Path] | None, Option()] = None,
    model: str = "default",
    layout: str | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    joints: Path | None = None,
    mirror: bool | None = None,
    threshold: float | None = None,
    as_json: Annotated[bool, Option("--json")] = False,
    people: int = 4,
    save: Path | None = None,
) -> None:
    """Find when each person of a recording does which action.

    One line on standard error says how the file was read. Times are seconds from the start of the recording.

    Options:
        file: Skeleton file (.skeleton, .bvh, .csv, .json, .c3d, .trc …), folder with a file for each frame, or video.
        actions: Names of actions, each in quotes if it has blanks; or a text file with one name per line.
        out: Write the timeline to this file (repeatable): .csv, .json, .vtt (captions), .eaf (ELAN), .png or .svg.
        threshold: Higher values leave more of the time to none of the actions, from 0 to 1. The default is 0.5.
        as_json: Print the timeline as JSON.
        save: For videos: write a copy with skeletons, actions and lanes to this .mp4 file.
    """
    from zeroskel import ZeroShotRecognizer
    from zeroskel.recognition._timeline_files import check_output
    from zeroskel.skeleton.video import SUFFIXES

    names = action_list(actions)
    for path in out or ():
        check_output(path)
        if path.exists() and file.exists() and path.samefile(file):
            raise InputError(f"--out {path}: is the recording itself. Choose another name")
    check_save_option(save, file)
    sequence, landmarks = read_recording(file, layout, fps, up, unit, joint_names(joints), mirror, people)
    recognizer = ZeroShotRecognizer.load(model)
    with shown_progress() as progress:
        result = recognizer.timeline(sequence, names, threshold=threshold, progress=progress)
    for path in out or ():
        result.save(path, media=file if file.suffix.lower() in SUFFIXES else None)
    if save is not None:
        save_film(file, save, sequence, landmarks, result.segments)
    notice = recognizer.facts.get("notice", "")
    if as_json:
        reading = None if sequence.reading is None else sequence.reading.to_dict()
        print(json.dumps({"file": str(file), "reading": reading, **result.to_dict(decimals=4), "notice": notice}))
        return
    _print_reading(file, sequence)
    _print_timeline(result)
    print_bundle_notice(notice)


def _print_reading(file: Path, sequence: SkeletonSequence) -> None:
    """Print a line on standard error that says how the file was read."""
    if sequence.reading is not None:
        errors.print(f"{file}: {sequence.reading}", soft_wrap=True, markup=False, highlight=False)


def _print_timeline(timeline: "Timeline") -> None:
    """Print a table of the segments, or that there is none."""
    from rich.markup import escape
    from rich.table import Column, Table

    if not timeline.segments:
        print_line(f"None of these actions was found in {timeline.seconds:.1f} s.")
        return
    number = partial(Column, justify="right")
    columns = number("person"), number("start (s)"), number("end (s)")
    table = Table(*columns, Column("action", overflow="fold"), number("probability"))
    for segment in timeline:
        times = f"{segment.start:.2f}", f"{segment.end:.2f}"
        table.add_row(str(segment.person), *times, escape(segment.action), f"{segment.probability:.0%}")
    console.print(table)


def pose(
    file: Path,
    out: Annotated[Path, Option()],
    visibility: float = 0.1,
    field_of_view: float = 60.0,
    rate: float = 30.0,
    most_seconds: float = 600.0,
    people: int = 4,
) -> None:
    """Estimate the poses of the people in a video.

    The command writes the joints as JSON, which every other command reads.

    Options:
        file: Video that shows one or more people: .mp4, .mov, .avi, .mkv or .webm.
        out: Write the joints to this .json file.
        visibility: Smallest visibility of a joint, from 0 to 1. Joints below it count as not observed.
        field_of_view: The camera's field of view along the longer side of the picture, in degrees. It determines the
            distance of the person.
        rate: Largest number of frames per second that are analysed.
        most_seconds: Longest accepted duration of the video, in seconds.
    """
    from zeroskel.skeleton.formats import write
    from zeroskel.skeleton.video import read_video

    if out.suffix.lower() != ".json" or out.is_dir():
        raise InputError(f"--out {out}: expected the name of a file that ends in .json")
    with shown_progress() as progress:
        sequence = read_video(
            file,
            people=people,
            visibility=visibility,
            field_of_view=field_of_view,
            rate=rate,
            most_seconds=most_seconds,
            progress=progress,
        )
    write(sequence, out)
    _print_reading(file, sequence)
    frames_with_person = int(sequence.observed.any(axis=(0, 2)).sum())
    people_found = "one person" if sequence.bodies == 1 else f"{sequence.bodies} people"
    print_line(
        f"{out}: {people_found}, {sequence.frames} frames at {sequence.fps:g} frames per second; {frames_with_person} "
        "of them show a person"
    )


def _print_explanation(explanation: "Explanation") -> None:
    """Print what the motion shows, what of it speaks for the action, and what against it."""
    from rich.markup import escape

    if not explanation.shown:
        print_line("This bundle cannot say what the motion shows: that needs the encoder movement.")
        return
    print_line(f"The motion shows: {'; '.join(explanation.shown)}")
    action, rival = (f'"{escape(name)}"' for name in (explanation.action, explanation.rival))
    for text, phrases in (
        (f"For {action} and against {rival}", explanation.speaks_for),
        (f"For {rival} and against {action}", explanation.speaks_against),
    ):
        if phrases:
            print_line(f"{text}: {'; '.join(phrases)}")
