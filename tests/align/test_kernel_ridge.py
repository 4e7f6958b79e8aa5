import numpy as np
import pytest

from zeroskel.align.kernel_ridge import KernelRidge, _hub_advantage


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def dual_form(features, labels, texts, asked, *, mask=None, penalty=1.0, bandwidth=0.3):
    """Return predictions (n, D_text) less the mean text, by the equation of the docstring.

    Args:
        features, labels: Those of the training motions.
        texts: Texts of the seen classes only.
        asked: (n, D) features to predict texts for.
        mask: Mask of the motions that the regression is fitted on; all motions decide means, weights and width.
    """
    features, asked, texts = (array.astype(np.float64) for array in (features, asked, texts))
    mean, scale = features.mean(axis=0), (features - features.mean(axis=0)).std()
    x, z = (features - mean) / scale, (asked - mean) / scale
    between = [((rows[:, None] - x[None]) ** 2).sum(axis=2) for rows in (x, z)]
    kernel, asked_kernel = (np.exp(-bandwidth * distances / np.median(between[0])) for distances in between)
    weights = 1 / np.sqrt(np.bincount(labels)[labels])
    weights /= weights.mean()
    mask = np.ones(len(x), dtype=bool) if mask is None else mask
    targets, weights = (texts[labels] - texts.mean(axis=0))[mask], weights[mask]
    middle = np.average(targets, axis=0, weights=weights)
    ridge = kernel[np.ix_(mask, mask)] + penalty * mask.sum() / 1000 * np.diag(1 / weights)
    return middle + asked_kernel[:, mask] @ np.linalg.inv(ridge) @ (targets - middle)


@pytest.fixture
def uneven(toy):
    """Return the toy with 16, 13, 10, 7, 4 and 1 motions of the six classes."""
    features, labels, texts = toy
    position = np.array([(labels[:i] == label).sum() for i, label in enumerate(labels)])
    mask = position < 16 - 3 * labels
    return features[mask], labels[mask], texts[:6]


@pytest.mark.parametrize("options", [{}, {"penalty": 3.0, "bandwidth": 1.0}, {"penalty": 0.1, "bandwidth": 0.1}])
def test_predictions_are_those_of_the_dual_form(uneven, toy, options):
    features, labels, texts = uneven
    fitted = KernelRidge(hubness=0, **options).fit(features, labels, texts)
    asked = toy[0] + 0.3
    cosines = unit(dual_form(features, labels, texts, asked, **options)) @ unit(toy[2] - texts.mean(axis=0)).T
    np.testing.assert_allclose(fitted.score_classes(asked, toy[2]), cosines, atol=2e-3)


def test_each_class_is_predicted_by_a_regression_without_it(uneven):
    features, labels, texts = uneven  # no more classes than groups: each class is alone in a group
    fitted = KernelRidge().fit(features, labels, texts)
    for label in range(6):
        rows = labels == label
        expected = dual_form(features, labels, texts, features[rows], mask=~rows)
        np.testing.assert_allclose(fitted._state()["blind"][rows], unit(expected), atol=2e-3)


def test_blind_predictions_of_a_class_do_not_depend_on_its_text():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(16), 4)
    features, texts = rng.normal(size=(64, 10)).astype(np.float32), rng.normal(size=(16, 5)).astype(np.float32)

    def blind(texts):
        return KernelRidge().fit(features, labels, texts)._state()["blind"]

    before, partners = blind(texts), []
    for other in range(1, 16):  # swapped texts keep their mean; both classes are new to the group that holds both
        swapped = texts[[other if i == 0 else 0 if i == other else i for i in range(16)]]
        moved = np.abs(blind(swapped) - before).max(axis=1)
        if moved[labels == 0].max() < 1e-5:
            partners.append(other)
            assert moved[labels == other].max() < 1e-5
            assert moved[~np.isin(labels, (0, other))].min() > 1e-3
        else:
            assert moved[labels == 0].max() > 1e-3
    assert len(partners) == 1  # 16 classes in 8 groups


def test_scores_are_cosines_less_a_share_of_the_advantage(uneven):
    features, labels, texts = uneven
    plain, half = (KernelRidge(hubness=b).fit(features, labels, texts) for b in (0, 0.5))
    scores = plain.score_classes(features, texts)
    assert np.abs(scores).max() <= 1 + 1e-5
    centred = texts - texts.mean(axis=0)
    longer = texts.mean(axis=0) + 3 * centred
    np.testing.assert_allclose(plain.score_classes(features, longer), scores, atol=1e-5)
    advantage = _hub_advantage(half._state()["blind"] @ unit(centred).T)
    np.testing.assert_allclose(half.score_classes(features, texts), scores - 0.5 * advantage, atol=1e-5)


def test_a_hub_loses_against_a_motion_s_own_text():
    """Two of three seen classes are near one text, which then is near the predictions for all seen motions."""
    rng = np.random.default_rng(0)
    texts = unit(np.concatenate((np.eye(6)[0] + 0.7 * rng.normal(size=(12, 6)), rng.normal(size=(6, 6)))))
    labels = np.repeat(np.arange(18), 8)
    mixing = rng.normal(size=(6, 20))
    features = texts[labels] @ mixing + 0.2 * rng.normal(size=(144, 20))
    seen = texts.mean(axis=0)
    advantages = {b: KernelRidge(hubness=b).fit(features, labels, texts) for b in (0, 0.5, 1)}
    blind = advantages[0]._state()["blind"]
    candidates = seen + np.concatenate((np.eye(6), -np.eye(6)))
    nearness = _hub_advantage(blind @ unit(candidates - seen).T)
    hub, lonely = int(nearness.argmax()), int(nearness.argmin())
    assert nearness[hub] > nearness[lonely] + 0.1
    between = (candidates[hub] + candidates[lonely] - seen)[None] @ mixing  # a motion of both
    margins = []
    for fitted in advantages.values():
        scores = fitted.score_classes(between, candidates)[0]
        margins.append(scores[hub] - scores[lonely])
    assert margins[0] > margins[1] > margins[2]
    assert margins[0] - margins[2] == pytest.approx(nearness[hub] - nearness[lonely], abs=1e-4)


def test_fewer_landmarks_are_nearly_as_good(toy):
    features, labels, texts = toy
    whole, half = (KernelRidge(landmarks=n).fit(features, labels, texts) for n in (96, 48))
    state = half._state()
    assert state["landmarks"].shape == (48, 24)
    assert state["weight"].shape[0] == len(state["blind"]) == 48
    assert state["weight"].shape[0] <= 48
    exact, approximate = (fitted.score_classes(features, texts) for fitted in (whole, half))
    assert not np.array_equal(exact, approximate)
    assert np.abs(exact - approximate).max() < 0.15
    assert (exact[:, :6].argmax(axis=1) == approximate[:, :6].argmax(axis=1)).mean() > 0.97


def landmark_labels(labels, most):
    """Return the number of landmarks of each class, recognised by classes that lie far apart."""
    labels = np.asarray(labels)
    rng = np.random.default_rng(0)
    features = rng.uniform(0, 1, size=(len(labels), 5)).astype(np.float32) + 100 * labels[:, None]
    fitted = KernelRidge(landmarks=most).fit(features, labels, rng.normal(size=(labels.max() + 1, 4)))
    state = fitted._state()
    original = state["landmarks"] * state["scale"] + state["mean"]
    assert (np.abs(original % 100 - 0.5) < 0.51).all()
    return np.bincount((original[:, 0] // 100).astype(int), minlength=labels.max() + 1).tolist()


@pytest.mark.parametrize(
    ("counts", "most", "landmarks"),
    [
        ((50, 50, 50), 30, [10, 10, 10]),
        ((100, 4, 100), 30, [13, 4, 13]),  # a small class gives all its rows, the others share the rest
        ((2, 3, 40), 30, [2, 3, 25]),
        ((10, 10), 30, [10, 10]),
        ((40, 1, 1, 1), 4, [1, 1, 1, 1]),
    ],
)
def test_landmarks_are_spread_over_classes(counts, most, landmarks):
    assert landmark_labels(np.repeat(np.arange(len(counts)), counts), most) == landmarks


def test_there_are_never_more_landmarks_than_asked_for():
    assert sum(landmark_labels(np.repeat(np.arange(9), 5), 4)) == 4


def test_a_landmark_is_not_a_recording():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 50)
    features = rng.normal(size=(200, 6)).astype(np.float32)
    state = KernelRidge(landmarks=20).fit(features, labels, rng.normal(size=(4, 3)))._state()
    original = state["landmarks"] * state["scale"] + state["mean"]
    assert np.linalg.norm(features[None] - original[:, None], axis=2).min() > 0.1


def test_equal_recordings_make_landmarks_without_a_warning(recwarn):
    labels = np.repeat(np.arange(3), 30)
    features = np.repeat(np.eye(3, 4, dtype=np.float32), 30, axis=0)
    KernelRidge(landmarks=9).fit(features, labels, np.eye(3, dtype=np.float32))
    assert not recwarn.list


def test_few_motions_count_with_their_five_nearest():
    scores = np.array([[0.9, 0.0], [0.1, 0.6], [0.7, 0.0], [0.2, 0.6], [0.5, 0.1], [0.8, 0.2], [0.6, 0.5]])
    # 0.9 0.8 0.7 0.6 0.5 and 0.6 0.6 0.5 0.2 0.1
    np.testing.assert_allclose(_hub_advantage(scores), [0.7, 0.4])


def test_all_motions_count_where_there_are_fewer_than_five():
    np.testing.assert_allclose(_hub_advantage(np.array([[0.5, -1.0], [0.1, 0.0]])), [0.3, -0.5])


@pytest.mark.parametrize(("motions", "counted"), [(250, 5), (300, 6), (1000, 20)])
def test_two_in_a_hundred_of_many_motions_count(motions, counted):
    scores = np.zeros((motions, 1))
    scores[:counted] = 1.0
    order = np.random.default_rng(0).permutation(motions)
    assert _hub_advantage(scores[order])[0] == 1.0
    scores[0] = 0.0
    assert _hub_advantage(scores[order])[0] == pytest.approx(1 - 1 / counted)


def test_a_candidate_near_every_motion_has_more_than_one_near_its_own():
    hub = np.full(200, 0.6)
    lonely = np.where(np.arange(200) < 2, 0.9, -0.1)  # near to two motions
    advantage = _hub_advantage(np.stack((hub, lonely), axis=1))
    assert advantage[0] > advantage[1]
    assert (
        0.65 - advantage[0] < 0.5 - advantage[1]
    )  # a new motion of the second text gets it, although the hub is nearer


def test_scores_that_move_by_a_constant_move_the_advantage_by_it():
    scores = np.random.default_rng(0).normal(size=(60, 4))
    moved = np.arange(4)
    np.testing.assert_allclose(_hub_advantage(scores + moved), _hub_advantage(scores) + moved)
