import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.align import flow
from zeroskel.align.flow import _between, _flow_matching, _FlowNetwork, _smooth, _Velocity

FAST = {"epochs": 24, "align_epochs": 12, "batch_size": 16, "latent": 32, "learning_rate": 3e-3}
BRIEF = {**FAST, "epochs": 4, "align_epochs": 2}


def test_the_path_is_straight_from_text_to_motion():
    start, end = torch.tensor([[0.0, 2.0]] * 3), torch.tensor([[4.0, 0.0]] * 3)
    path = _between(start, end, torch.tensor([0.0, 0.25, 1.0]))
    assert path.tolist() == [[0, 2], [1, 1.5], [4, 0]]


def test_the_flow_loss_on_hand_made_velocities():
    velocity, target = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[3.0, 0.0], [0.0, 0.0]])
    rows, partners = torch.tensor([0]), torch.tensor([1])
    straight, other = (4 + 0 + 0 + 1) / 4, (1 + 0) / 2
    assert float(_flow_matching(velocity, target, rows, partners, 0.1)) == pytest.approx(straight - 0.1 * other)
    none = torch.empty(0, dtype=torch.long)
    assert float(_flow_matching(velocity, target, none, none, 0.1)) == pytest.approx(straight)


def test_the_aligning_loss_on_hand_made_decoders():
    network = _FlowNetwork(2, 1, 1)
    with torch.no_grad():
        for decoder in (network.to_motion, network.to_text):
            for layer in (decoder[0], decoder[2]):
                layer.weight.fill_(1.0)
                layer.bias.zero_()
        # both decoders repeat a latent: z0 = 1 and z1 = 3, the text is 2, the feature (3, 5)
        z0, z1, text, feature = (torch.tensor([row]) for row in ([1.0], [3.0], [2.0], [3.0, 5.0]))
        loss = network.reconstruction(z0, z1, text, feature)
    straight, crossed = (0 + 4) / 2 + 1, (4 + 16) / 2 + 1
    assert float(loss) == pytest.approx((straight + crossed) / 4)


def test_distributions_are_pulled_together_by_their_weight(toy):
    apart = []
    for weight in (0.0, 10.0):
        fitted = align.create("flow", **{**FAST, "epochs": 12}, align_weight=weight).fit(*toy)
        with torch.inference_mode():
            of_motion = fitted.network_.motion(fitted._feature_tensor(toy[0]))
            of_text = fitted.network_.text(fitted._text_tensor(toy[2][toy[1]]))
        pairs = (of_motion.mean, of_text.mean), (of_motion.log_variance, of_text.log_variance)
        apart.append(float(sum(((a - b) ** 2).mean() for a, b in pairs)))
    assert apart[1] < 0.5 * apart[0]


def test_a_text_is_smoothed_by_its_nearest_seen_texts():
    seen = np.array([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]], dtype=np.float32)
    new = np.array([[0.0, 1.0]], dtype=np.float32)
    nearest = 0.8 * seen[1]
    np.testing.assert_allclose(_smooth(new, seen, 1, 1.0), new + nearest, rtol=1e-6)
    np.testing.assert_allclose(_smooth(new, seen, 2, 0.4), new + 0.2 * (nearest + 0.0 * seen[0]), rtol=1e-6)
    np.testing.assert_array_equal(_smooth(new, seen, 0, 1.0), new)


def test_a_seen_text_is_not_its_own_neighbour():
    seen = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=np.float32)
    np.testing.assert_allclose(_smooth(seen[:1], seen, 2, 1.0), seen[:1] + 0.6 * seen[1], rtol=1e-6)


def test_equal_seen_texts_do_not_smooth_each_other():
    seen = np.array([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]], dtype=np.float32)
    np.testing.assert_allclose(_smooth(seen[:1], seen, 2, 1.0), seen[:1] + 0.5 * 0.6 * seen[2:], rtol=1e-6)
    assert np.isfinite(_smooth(seen[:1], seen[:2], 2, 1.0)).all()


def test_candidates_do_not_smooth_each_other(toy):
    fitted = align.create("flow", **BRIEF).fit(*toy)
    alone = fitted.score_classes(toy[0], toy[2][7:])
    np.testing.assert_allclose(fitted.score_classes(toy[0], toy[2])[:, 7:], alone, rtol=1e-4, atol=1e-5)


def test_before_the_flow_the_score_is_the_distance_of_latents(toy):
    features, labels, texts = toy
    fitted = align.create("flow", **{**BRIEF, "align_epochs": 4}).fit(features, labels, texts)
    assert not _Velocity(8)(torch.randn(3, 8), torch.rand(3)).any()
    with torch.inference_mode():
        z1, z0 = (
            fitted.network_.motion(fitted._feature_tensor(features)).mean,
            fitted.network_.text(fitted._text_tensor(texts)).mean,
        )
    distances = ((z1[:, None] - z0) ** 2).mean(dim=2)
    np.testing.assert_allclose(fitted.score_classes(features, texts), -distances, rtol=1e-4, atol=1e-5)


def test_the_flow_phase_leaves_the_encoders_alone(toy):
    aligned = align.create("flow", **BRIEF, stop_epoch=2).fit(*toy)
    flowed = align.create("flow", **BRIEF).fit(*toy)
    before, after = aligned.network_.state_dict(), flowed.network_.state_dict()
    for name in before:
        assert torch.equal(before[name], after[name]) != name.startswith("velocity"), name


def test_blocks_of_candidates_change_nothing(toy, monkeypatch):
    fitted = align.create("flow", **BRIEF).fit(*toy)
    whole = fitted.score_classes(toy[0], toy[2])
    monkeypatch.setattr(flow, "_BLOCK_PAIRS", 3)
    np.testing.assert_allclose(fitted.score_classes(toy[0], toy[2]), whole, rtol=1e-4, atol=1e-5)
