"""The gate tells kinds apart by how sure each side is, for classes it was not fitted on too."""

from typing import Any

import numpy as np
import pytest

from zeroskel.core import InputError, NotFittedError
from zeroskel.evaluate._gate import SeenUnseenGate
from zeroskel.evaluate._metrics import gzsl_result


def draw(
    seed: int, seen: int = 6, unseen: int = 3, each: int = 20, *, bias: float = 4.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores of a method that is sure on the right side and prefers seen classes; labels, candidates, unseen ids."""
    rng = np.random.default_rng(seed)
    candidates = rng.permutation(100)[: seen + unseen]
    index = np.repeat(np.arange(seen + unseen), each)
    scores = rng.normal(size=(len(index), seen + unseen))
    scores[np.arange(len(index)), index] += 5
    scores[:, :seen] += bias
    return scores, candidates[index], candidates, candidates[seen:]


def test_unseen_samples_hidden_by_a_preference_for_seen_classes_are_found() -> None:
    gate = SeenUnseenGate().fit(*draw(0))
    scores, labels, candidates, unseen = draw(1)
    plain = gzsl_result(candidates[scores.argmax(axis=1)], labels, unseen)
    gated = gzsl_result(gate.apply(scores, candidates, unseen), labels, unseen)
    assert plain.harmonic_mean < 0.85 < 0.95 < gated.harmonic_mean


@pytest.mark.parametrize(("seen", "unseen"), [(9, 3), (6, 5), (4, 2), (2, 1)])
def test_it_serves_other_numbers_of_classes(seen: int, unseen: int) -> None:
    gate = SeenUnseenGate().fit(*draw(0))
    scores, labels, candidates, new = draw(1, seen, unseen)
    answers = gate.apply(scores, candidates, new)
    assert answers.shape == labels.shape and set(answers.tolist()) <= set(candidates.tolist())
    if unseen > 1:  # one class has a probability of 1 whoever is asked
        assert gzsl_result(answers, labels, new).harmonic_mean > 0.8


def test_every_answer_is_the_best_of_the_side_that_the_log_odds_choose() -> None:
    gate = SeenUnseenGate().fit(*draw(0))
    scores, _, candidates, unseen = draw(1)
    new = np.isin(candidates, unseen)
    chosen = gate.log_odds(scores, candidates, unseen) >= gate.threshold_
    expected = np.where(
        chosen, candidates[~new][scores[:, ~new].argmax(axis=1)], candidates[new][scores[:, new].argmax(axis=1)]
    )
    assert 0 < chosen.sum() < len(chosen)
    np.testing.assert_array_equal(gate.apply(scores, candidates, unseen), expected)


def test_what_is_added_to_all_scores_of_one_side_changes_nothing() -> None:
    scores, labels, candidates, unseen = draw(0)
    lifted = scores + 64 * np.isin(candidates, unseen)
    one = SeenUnseenGate().fit(scores, labels, candidates, unseen)
    other = SeenUnseenGate().fit(lifted, labels, candidates, unseen)
    np.testing.assert_array_equal(one.apply(scores, candidates, unseen), other.apply(lifted, candidates, unseen))


def test_the_unit_of_the_scores_does_not_matter() -> None:
    scores, labels, candidates, unseen = draw(0)
    one = SeenUnseenGate().fit(scores, labels, candidates, unseen)
    other = SeenUnseenGate().fit(scores * 1024, labels, candidates, unseen)
    assert one.temperature_ == other.temperature_
    np.testing.assert_allclose(
        one.log_odds(scores, candidates, unseen), other.log_odds(scores * 1024, candidates, unseen)
    )


def test_the_order_of_the_columns_does_not_matter() -> None:
    scores, labels, candidates, unseen = draw(0)
    gate = SeenUnseenGate().fit(scores, labels, candidates, unseen)
    order = np.random.default_rng(0).permutation(len(candidates))
    np.testing.assert_array_equal(
        gate.apply(scores[:, order], candidates[order], unseen), gate.apply(scores, candidates, unseen)
    )


def test_same_data_same_gate_and_nothing_is_changed() -> None:
    scores, labels, candidates, unseen = draw(0)
    before = scores.copy()
    one, other = (SeenUnseenGate(seed=3).fit(scores, labels, candidates, unseen) for _ in range(2))
    np.testing.assert_array_equal(one.log_odds(scores, candidates, unseen), other.log_odds(scores, candidates, unseen))
    assert one.threshold_ == other.threshold_
    np.testing.assert_array_equal(scores, before)


def test_applying_learns_nothing() -> None:
    gate = SeenUnseenGate().fit(*draw(0))
    before = gate.temperature_, gate.threshold_, gate.top_, gate.deviations_, gate.harmonic_mean_
    scores, _, candidates, unseen = draw(1, bias=-30)
    one_by_one = [gate.apply(row[None], candidates, unseen)[0] for row in scores]
    np.testing.assert_array_equal(gate.apply(scores, candidates, unseen), one_by_one)
    assert before == (gate.temperature_, gate.threshold_, gate.top_, gate.deviations_, gate.harmonic_mean_)


def test_the_chosen_temperature_is_the_best_of_those_offered() -> None:
    data = draw(0, bias=1)
    each = {t: SeenUnseenGate(temperatures=(t,)).fit(*data).harmonic_mean_ for t in (0.05, 1.0, 30.0)}
    chosen = SeenUnseenGate(temperatures=tuple(each)).fit(*data)
    assert chosen.harmonic_mean_ == each[chosen.temperature_] == max(each.values())


def test_noise_is_judged_on_what_the_classifier_did_not_see() -> None:
    rng = np.random.default_rng(0)
    scores, labels, candidates, unseen = draw(0, each=4)
    gate = SeenUnseenGate(strength=1e6).fit(rng.normal(size=scores.shape), labels, candidates, unseen)
    assert gate.harmonic_mean_ < 0.5


def test_as_many_probabilities_as_unseen_classes_unless_told() -> None:
    data = draw(0, unseen=3)
    assert SeenUnseenGate().fit(*data).top_ == 3
    assert SeenUnseenGate(top=2).fit(*data).top_ == 2


def test_two_samples_of_each_kind_are_enough() -> None:
    scores, labels, candidates, unseen = draw(0)
    few = np.concatenate((np.flatnonzero(np.isin(labels, unseen))[:2], np.flatnonzero(~np.isin(labels, unseen))[:2]))
    gate = SeenUnseenGate().fit(scores[few], labels[few], candidates, unseen)
    assert len(gate.apply(scores, candidates, unseen)) == len(scores)
    with pytest.raises(InputError, match="at least two of each kind"):
        SeenUnseenGate().fit(scores[few[1:]], labels[few[1:]], candidates, unseen)


@pytest.mark.parametrize(
    "options",
    [{"temperatures": ()}, {"temperatures": (1.0, 0.0)}, {"temperatures": (np.nan,)}, {"top": 0}, {"strength": 0.0}],
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected"):
        SeenUnseenGate(**options).fit(*draw(0))


def test_an_unknown_average_is_refused() -> None:
    with pytest.raises(InputError, match="expected 'class' or 'sample'"):
        SeenUnseenGate(average="batch").fit(*draw(0))


def test_no_answer_before_fit() -> None:
    scores, _, candidates, unseen = draw(0)
    with pytest.raises(NotFittedError):
        SeenUnseenGate().apply(scores, candidates, unseen)
    with pytest.raises(NotFittedError):
        SeenUnseenGate().log_odds(scores, candidates, unseen)
