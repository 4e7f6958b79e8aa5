"""ZeroShotRecognizer: a bundle that names actions from words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.core._progress import Progress, quiet
from zeroskel.recognition._bundle import Actions, Bundle
from zeroskel.recognition._examples import Examples
from zeroskel.recognition._explanation import Explanation, explain
from zeroskel.recognition._people import PersonPrediction, predicted_people
from zeroskel.recognition._prediction import Prediction
from zeroskel.recognition._stillness import predicted
from zeroskel.recognition._stream import Stream
from zeroskel.recognition._timeline import Timeline, timeline_of


class ZeroShotRecognizer(Bundle):
    """Recognizer that names the actions in skeleton sequences from words.

    `load` opens the bundle of the package or a folder; `train_bundle` trains a new one.

    Args:
        preprocessing: how sequences become batches.
        encoder: fitted skeleton encoder.
        aligner: fitted method that scores features against class embeddings.
        sentences: sentence encoder of the class texts.
        prompt: how a class name becomes texts; see `zeroskel.text.class_texts`.
        facts: description of the training: data, seen_classes, notice, seed, version.
        calibration: calibration of probabilities on withheld classes; None where the bundle was trained without.
        examples: examples of actions, which `adapt` added; None where there are none.
        background: (B, D_text) class embeddings of various actions, whose scores say how likely the motion is something
            else; None where the prompt or the method has none.

    Example:
        >>> from zeroskel import ZeroShotRecognizer
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> recognizer = ZeroShotRecognizer.load("default")
        >>> recognizer.predict(generate_sequence("squat", seed=900), ["squat", "clap hands"]).best
        'squat'
    """

    @overload
    def predict(
        self, sequences: SkeletonSequence, actions: Actions, *, threshold: float | None = None
    ) -> Prediction: ...

    @overload
    def predict(
        self, sequences: Sequence[SkeletonSequence], actions: Actions, *, threshold: float | None = None
    ) -> list[Prediction]: ...

    def predict(
        self,
        sequences: SkeletonSequence | Sequence[SkeletonSequence],
        actions: Actions,
        *,
        threshold: float | None = None,
    ) -> Prediction | list[Prediction]:
        """Score actions for one or more sequences.

        A person who hardly moves gets a low presence and a note, unless the text of the best action says that little
        moves, as those of "stand still" and "read a book" do, or the action has examples.

        Args:
            sequences: one sequence, of any layout that shares joints with the bundle's, or a list of them.
            actions: one or more names without duplicates; or name -> further texts; or the result of `candidates`.
            threshold: presence from which on one of the actions counts as happening, from 0 to 1. None is 0.5.

        Returns:
            A Prediction for one sequence, a list of predictions for a list.

        Raises:
            InputError: if there are no actions, an action occurs twice or is empty or too long, there are no sequences
                or the motion of one cannot be judged (see `encode`), or a threshold is given for a bundle that is not
                calibrated.
        """
        candidates = self.candidates(actions)
        if isinstance(sequences, SkeletonSequence):
            return predicted(self, [sequences], candidates, threshold)[0]
        return predicted(self, list(sequences), candidates, threshold)

    def predict_people(
        self, sequence: SkeletonSequence, actions: Actions, *, threshold: float | None = None
    ) -> list[PersonPrediction]:
        """Score actions for each person of a recording, from the first moment of the person to the last.

        A body of a few frames, furniture and a second detection of a person are nobody; bodies that are one person
        under a changing tracking id are one.

        Args:
            sequence: one sequence, as for `predict`.
            actions: as for `predict`.
            threshold: as for `predict`.

        Returns:
            One prediction for each person, in the order in which they appear; at least one.

        Raises:
            InputError: as for `predict`.
        """
        return predicted_people(self, sequence, self.candidates(actions), threshold)

    def adapt(self, sequences: Sequence[SkeletonSequence], labels: Sequence[str]) -> "ZeroShotRecognizer":
        """Return a recognizer that also uses labelled examples; words still count for all actions.

        Args:
            sequences: n sequences, a few for each action; further calls add more.
            labels: n names of actions, spelt as they will be passed to `predict`.

        Returns:
            A new recognizer; this one is not changed.

        Raises:
            InputError: if there are no sequences, the motion of one cannot be judged, the number of labels differs, or
                the bundle is not calibrated and so cannot weigh examples against words.
        """
        if self.calibration is None:
            raise InputError("This bundle is not calibrated and cannot weigh examples. Train it with --calibrate.")
        if len(sequences) != len(labels) or not all(isinstance(label, str) and label.strip() for label in labels):
            raise InputError(f"{len(sequences)} sequences and {len(labels)} labels. Expected a text for each sequence.")
        examples = Examples(self.encode(list(sequences)), tuple(labels))
        return replace(self, examples=examples if self.examples is None else self.examples.extended(examples))

    def explain(self, sequence: SkeletonSequence, actions: Actions, *, action: str | None = None) -> Explanation:
        """Explain when, and by which parts of the body, an action was recognised.

        Args:
            sequence: one sequence, as for `predict`.
            actions: two or more actions, as for `predict`.
            action: the action to explain; None is the best one.

        Returns:
            How the information grows over time, and what each stretch of time and each body part contributes.

        Raises:
            InputError: as for `predict`; also if there are fewer than two actions, or `action` is not among them.
        """
        return explain(self, sequence, self.candidates(actions), action)

    def timeline(
        self,
        sequence: SkeletonSequence,
        actions: Actions,
        *,
        threshold: float | None = None,
        progress: Progress = quiet,
    ) -> Timeline:
        """Find when each person of a recording does which of the actions, and when none of them.

        Args:
            sequence: recording of any length with one or more people.
            actions: as for `predict`.
            threshold: as for `predict`: a higher one leaves more time to none of the actions.
            progress: called with the name of the current step, the amount of finished work and the total.

        Returns:
            The segments of all people, in temporal order.

        Raises:
            InputError: as for `predict`; also if the bundle is not calibrated and so cannot tell when nothing happens.
        """
        return timeline_of(self, sequence, self.candidates(actions), threshold, progress)

    def stream(
        self,
        actions: Actions,
        *,
        layout: str = "kinect-20",
        seconds: float = 3.0,
        threshold: float | None = None,
    ) -> Stream:
        """Return a stream, which takes frames as they arrive and predicts the current action.

        Args:
            actions: as for `predict`.
            layout: name of the joint layout of the frames.
            seconds: length of the window that is looked at.
            threshold: as for `predict`.

        Raises:
            InputError: as for `predict`; also for an unknown layout or a window outside 0.5 to 30 seconds.
        """
        return Stream(self, self.candidates(actions), layout=layout, seconds=seconds, threshold=threshold)
