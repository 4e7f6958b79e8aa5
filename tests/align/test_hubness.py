import numpy as np
import pytest

from zeroskel.align._hubness import hub_advantage


def test_few_motions_count_with_their_five_nearest():
    scores = np.array([[0.9, 0.0], [0.1, 0.6], [0.7, 0.0], [0.2, 0.6], [0.5, 0.1], [0.8, 0.2], [0.6, 0.5]])
    # 0.9 0.8 0.7 0.6 0.5 and 0.6 0.6 0.5 0.2 0.1
    np.testing.assert_allclose(hub_advantage(scores), [0.7, 0.4])


def test_all_motions_count_where_there_are_fewer_than_five():
    np.testing.assert_allclose(hub_advantage(np.array([[0.5, -1.0], [0.1, 0.0]])), [0.3, -0.5])


@pytest.mark.parametrize(("motions", "counted"), [(250, 5), (300, 6), (1000, 20)])
def test_two_in_a_hundred_of_many_motions_count(motions, counted):
    scores = np.zeros((motions, 1))
    scores[:counted] = 1.0
    order = np.random.default_rng(0).permutation(motions)
    assert hub_advantage(scores[order])[0] == 1.0
    scores[0] = 0.0
    assert hub_advantage(scores[order])[0] == pytest.approx(1 - 1 / counted)


def test_a_candidate_near_every_motion_has_more_than_one_near_its_own():
    hub = np.full(200, 0.6)
    lonely = np.where(np.arange(200) < 2, 0.9, -0.1)  # near to two motions
    advantage = hub_advantage(np.stack((hub, lonely), axis=1))
    assert advantage[0] > advantage[1]
    assert (
        0.65 - advantage[0] < 0.5 - advantage[1]
    )  # a new motion of the second text gets it, although the hub is nearer


def test_scores_that_move_by_a_constant_move_the_advantage_by_it():
    scores = np.random.default_rng(0).normal(size=(60, 4))
    moved = np.arange(4)
    np.testing.assert_allclose(hub_advantage(scores + moved), hub_advantage(scores) + moved)
