import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.align._critic import BilinearCritic
from zeroskel.core import InputError
from zeroskel.neural._training import warmup_cosine

CLOSE = {"atol": 1e-5, "rtol": 1e-4}


def published_state(content: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(prefix): value for key, value in content.items() if key.startswith(prefix)}


def test_mutual_information_equals_the_published_code(reference):
    critic = reference("critic")
    smie = align.SMIE.from_smie(published_state(critic, "state/"))
    information = smie.mutual_information(critic["visual"], critic["text"])
    masked = smie.mutual_information(critic["visual_masked"], critic["text"], marginal_features=critic["visual"])
    np.testing.assert_allclose(information, critic["global_mi"], **CLOSE)
    np.testing.assert_allclose(masked, critic["masked_mi"], **CLOSE)
    loss = -information + 0.5 * max(0.0, 0.1 - (information - masked))
    np.testing.assert_allclose(loss, critic["loss"], **CLOSE)


def test_loss_of_a_step_equals_the_published_code(reference):
    critic = reference("critic")
    smie = align.SMIE.from_smie(
        published_state(critic, "state/"), negatives="published", warm_start=True, shuffle=False, epochs=1
    )
    smie.fit(critic["visual"], np.arange(16), critic["text"], critic["visual_masked"][None])
    np.testing.assert_allclose(smie.history_.step_losses, [critic["loss"]], **CLOSE)


@pytest.mark.parametrize(("inference", "key"), [("layernorm", "critic_layernorm"), ("published", "critic_raw")])
def test_scores_equal_the_published_code(reference, inference, key):
    critic = reference("critic")
    smie = align.SMIE.from_smie(published_state(critic, "state/"), inference=inference)
    scores = smie.score_classes(critic["visual"], critic["unseen_text"])
    np.testing.assert_allclose(scores, critic[key], **CLOSE)
    if inference == "published":
        predicted = critic["official_unseen_ids"][scores.argmax(axis=1)]
        np.testing.assert_array_equal(predicted, critic["official_prediction"])


def test_the_loss_on_hand_made_numbers():
    smie = align.create(
        "smie", critic="bilinear", negatives="published", warm_start=True, shuffle=False, epochs=1, warmup_epochs=0
    )
    smie.network_ = BilinearCritic(2, 1)
    with torch.no_grad():
        smie.critic_.map.weight.copy_(torch.tensor([[math.log(3.0), 0.0]]))
        smie.critic_.map.bias.zero_()
    # layer normalisation makes (1, -1) of the first feature and (-1, 1) of the second; with texts 1 and -1 the joint
    # values are both log 3, the marginal ones both -log 3; masked views of (-1, 1) and (-1, 1) give -log 3 and log 3
    features, texts = np.array([[300.0, 100.0], [1000.0, 3000.0]]), np.array([[1.0], [-1.0]])
    masked = np.array([[[0.0, 500.0], [0.0, 500.0]]])
    smie.fit(features, np.array([0, 1]), texts, masked)
    outside = -math.log(4 / 3)  # -softplus(-log 3)
    information, masked_information = 2 * outside, (outside - math.log(4)) / 2 + outside
    epoch = smie.history_.epochs[0]
    assert math.isclose(epoch["mutual_information"], information, rel_tol=1e-4)
    assert math.isclose(epoch["masked_mutual_information"], masked_information, rel_tol=1e-4)
    gap = max(0.0, 0.1 - (information - masked_information))
    assert gap == 0  # the estimate of masked views is lower by more than the margin
    assert math.isclose(epoch["loss"], -information, rel_tol=1e-4)


def test_views_with_equal_information_cost_half_the_margin(toy):
    features, labels, texts = toy
    options = {"epochs": 1, "negatives": "published", "hidden": (8, 4), "margin": 0.2, "batch_size": 96}
    epoch = align.create("smie", **options).fit(features, labels, texts, features[None]).history_.epochs[0]
    assert epoch["masked_mutual_information"] == epoch["mutual_information"]
    assert math.isclose(epoch["loss"], -epoch["mutual_information"] + 0.5 * 0.2, rel_tol=1e-5)


def test_learning_rates_equal_the_published_code(reference):
    published = reference("training")["learning_rates_official"]
    ours = [1e-5 * warmup_cosine(epoch, 100, 15) for epoch in range(100)]
    np.testing.assert_allclose(ours, published, atol=1e-12, rtol=1e-4)


TRAINED_AS_PUBLISHED = """
import sys
import numpy as np
from zeroskel import align

with np.load(sys.argv[1], allow_pickle=False) as content:
    training = {name: content[name] for name in content.files}
smie = align.SMIE.from_smie(
    {name.removeprefix("init/"): value for name, value in training.items() if name.startswith("init/")},
    epochs=int(training["schedule_epochs"]),
    stop_epoch=int(training["epochs"]),
    warmup_epochs=int(training["warmup_epochs"]),
    learning_rate=float(training["base_lr"]),
    batch_size=int(training["batch_size"]),
    negatives="published",
    shuffle=False,
    warm_start=True,
)
smie.fit(training["features"], training["labels"], training["class_embeddings"], training["masked_features"][None])
np.savez(sys.argv[2], losses=smie.history_.step_losses, **smie._state())
"""
# Adam amplifies rounding differences between instruction sets; every CPU has these.
COMMON_INSTRUCTIONS = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OMP_NUM_THREADS": "1",
}


def test_training_equals_the_published_code(reference, shared, tmp_path):
    command = [sys.executable, "-c", TRAINED_AS_PUBLISHED, shared / "reference" / "training.npz", tmp_path / "ours.npz"]
    subprocess.run(command, check=True, env={**os.environ, **COMMON_INSTRUCTIONS})
    training = reference("training")
    with np.load(tmp_path / "ours.npz", allow_pickle=False) as ours:
        assert len(ours["losses"]) == 90
        np.testing.assert_allclose(ours["losses"], training["loss"], atol=1e-5, rtol=1e-3)
        expected = align.SMIE.from_smie(published_state(training, "final/"))
        for name, value in expected._state().items():
            np.testing.assert_allclose(ours[name], value, atol=1e-5, rtol=1e-3, err_msg=name)


def test_training_equals_a_plain_loop_where_rounding_does_not_count(reference, monkeypatch):
    """Compare all ninety steps in float64 with the method written out step by step."""
    monkeypatch.setattr(align.SMIE, "_tensor", lambda _, values: torch.tensor(np.asarray(values, dtype=np.float64)))
    training = reference("training")
    epochs, size, base = int(training["epochs"]), int(training["batch_size"]), float(training["base_lr"])
    options = {
        "epochs": int(training["schedule_epochs"]),
        "warmup_epochs": int(training["warmup_epochs"]),
        "learning_rate": base,
        "batch_size": size,
        "negatives": "published",
    }
    start = published_state(training, "init/")
    ours, plain = (
        align.SMIE.from_smie(start, **options, stop_epoch=epochs, shuffle=False, warm_start=True) for _ in range(2)
    )
    ours.critic_.double()
    data = training["features"], training["labels"], training["class_embeddings"]
    ours.fit(*data, training["masked_features"][None])

    critic = plain.critic_.double()
    v, masked = (
        torch.nn.functional.layer_norm(torch.from_numpy(training[name]).double(), (32,))
        for name in ("features", "masked_features")
    )
    text = torch.from_numpy(training["class_embeddings"][training["labels"]]).double()

    def value(motion, words):
        first = torch.relu(critic.first(torch.cat((motion, words), dim=1)))
        return critic.last(torch.relu(critic.second(first))).squeeze(1)

    def information(joint, marginal):
        return -torch.nn.functional.softplus(-joint).mean() - torch.nn.functional.softplus(marginal).mean()

    optimizer, losses = torch.optim.Adam(critic.parameters(), lr=base), []
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = base * warmup_cosine(epoch, options["epochs"], options["warmup_epochs"])
        for rows in torch.arange(len(v)).split(size):
            marginal = value(v[rows].roll(-1, dims=0), text[rows])
            whole, masked_estimate = (information(value(seen[rows], text[rows]), marginal) for seen in (v, masked))
            loss = -whole + 0.5 * torch.relu(0.1 - (whole - masked_estimate))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
    np.testing.assert_allclose(ours.history_.step_losses, losses, rtol=1e-6)
    for name, weight in critic.state_dict().items():
        np.testing.assert_allclose(ours._state()[name], weight.numpy(), atol=1e-6, rtol=1e-5, err_msg=name)


def test_the_temporal_term_opens_a_gap(toy):
    features, labels, texts = toy
    noise = np.random.default_rng(0).normal(size=(2, *features.shape)).astype(np.float32)
    options = {"epochs": 30, "learning_rate": 3e-4, "batch_size": 16, "warmup_epochs": 3}
    smie = align.create("smie", **options).fit(features, labels, texts, features + noise)
    last = smie.history_.epochs[-1]
    assert last["mutual_information"] > last["masked_mutual_information"] + 0.1
    assert last["mutual_information"] > -2 * math.log(2)


def test_a_batch_of_one_class_teaches_without_negatives():
    features = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    labels = np.repeat([0, 1], 4)
    smie = align.create("smie", epochs=2, warmup_epochs=0, batch_size=4, shuffle=False).fit(features, labels, np.eye(2))
    assert np.isfinite(smie.history_.step_losses).all()


def test_weights_that_do_not_fit_are_refused(reference):
    state = published_state(reference("critic"), "state/")
    with pytest.raises(InputError, match="published SMIE critic"):
        align.SMIE.from_smie({key: value for key, value in state.items() if "l1" not in key})
    smie = align.SMIE.from_smie(state)
    with pytest.raises(InputError, match="80 in all"):
        smie.score_classes(np.zeros((2, 30)), np.zeros((2, 48)))


FAST = {"epochs": 40, "batch_size": 16, "warmup_epochs": 1, "hidden": (32, 16), "learning_rate": 3e-3}


@pytest.mark.parametrize(
    "options",
    [
        *({"estimator": estimator} for estimator in ("infonce", "dv", "nwj", "smile")),
        *({"critic": critic} for critic in ("bilinear", "separable")),
        {"estimator": "infonce", "critic": "separable"},
    ],
    ids=lambda options: "-".join(options.values()),
)
def test_each_estimator_and_critic_learns_and_is_saved(toy, tmp_path, options):
    features, labels, texts = toy
    masked = features[None] + np.random.default_rng(0).normal(size=(1, *features.shape)).astype(np.float32)
    smie = align.create("smie", **FAST, **options).fit(features, labels, texts, masked)
    scores = smie.score_classes(features, texts[:6])
    assert (scores.argmax(axis=1) == labels).mean() > 0.8
    smie.save(tmp_path / "saved")
    loaded = align.load(tmp_path / "saved")
    assert loaded.options() == smie.options()
    np.testing.assert_array_equal(loaded.score_classes(features, texts[:6]), scores)
    information_of_pairs = smie.mutual_information(features, texts[labels])
    shuffled = smie.mutual_information(features, texts[np.random.default_rng(1).permutation(labels)])
    assert information_of_pairs > shuffled
    assert loaded.mutual_information(features, texts[labels]) == information_of_pairs


def test_info_nce_of_a_fitted_critic_is_at_most_the_logarithm_of_the_batch(toy):
    features, labels, texts = toy
    smie = align.create("smie", **FAST, estimator="infonce").fit(features, labels, texts)
    assert 0 < smie.mutual_information(features, texts[labels]) <= math.log(16)


def test_the_defaults_are_the_published_estimator_and_critic(toy):
    named = align.create("smie", **FAST, estimator="jsd", critic="concatenation").fit(*toy, seed=1)
    silent = align.create("smie", **FAST).fit(*toy, seed=1)
    np.testing.assert_array_equal(named.score_classes(toy[0], toy[2]), silent.score_classes(toy[0], toy[2]))


def test_no_temporal_weight_is_no_temporal_term(toy):
    masked = toy[0][None] + 1
    without = align.create("smie", **FAST).fit(*toy)
    weightless = align.create("smie", **FAST, temporal_weight=0.0).fit(*toy, masked)
    np.testing.assert_array_equal(without.score_classes(toy[0], toy[2]), weightless.score_classes(toy[0], toy[2]))


def test_published_weights_take_no_other_critic(reference):
    with pytest.raises(InputError, match="concatenation"):
        align.SMIE.from_smie(published_state(reference("critic"), "state/"), critic="bilinear")
