import numpy as np
import pytest
import torch
from torch import nn

from zeroskel import align
from zeroskel.align import NeuralAligner


class Linear(NeuralAligner):
    """Dot product of mapped features and texts that records its batches."""

    uses_masked_features = True

    def _network(self, feature_dim, text_dim):
        self.batches = []
        return nn.Linear(feature_dim, text_dim)

    def _loss(self, batch):
        self.batches.append(batch)
        return {"loss": ((self.network_(batch.features) - batch.text_of_each) ** 2).mean()}

    def _scores(self, features, texts):
        return self.network_(features) @ texts.T


def test_batches_are_standardised_by_statistics_of_the_training_set(toy):
    features, labels, texts = toy
    fitted = Linear(epochs=1, batch_size=96).fit(1000 * features + 7, labels, texts)
    (batch,) = fitted.batches
    torch.testing.assert_close(batch.features.mean(dim=0), torch.zeros(24), atol=1e-4, rtol=0)
    assert float(batch.features.std()) == pytest.approx(1, abs=0.01)
    assert batch.texts.shape == (6, 6)  # the seen classes
    torch.testing.assert_close(batch.texts.mean(dim=0), torch.zeros(6), atol=1e-5, rtol=0)
    np.testing.assert_array_equal(np.sort(batch.labels), np.sort(labels))


def test_each_epoch_uses_the_next_masked_view(toy):
    masked = np.stack([toy[0] + 1, toy[0] + 2])
    fitted = Linear(epochs=3, batch_size=96).fit(*toy, masked)
    shifts = [
        (batch.masked - batch.features).mean().item() * fitted._arrays["feature_scale"][0] for batch in fitted.batches
    ]
    np.testing.assert_allclose(shifts, [1, 2, 1], rtol=1e-4)


def test_a_method_draws_for_each_step_in_the_order_of_the_steps(toy):
    class Drawing(Linear):
        def _draw(self, labels, classes, epoch, generator):
            return torch.rand(len(labels), classes, generator=generator), torch.tensor([epoch])

    fitted = Drawing(epochs=2, batch_size=40).fit(*toy, seed=5)
    generator = torch.Generator().manual_seed(5)
    for epoch in range(2):
        torch.randperm(96, generator=generator)
        for batch in fitted.batches[3 * epoch : 3 * epoch + 3]:
            values, of_epoch = batch.draws
            torch.testing.assert_close(values, torch.rand(len(batch.labels), 6, generator=generator))
            assert of_epoch.tolist() == [epoch]


def test_a_child_without_scores_cannot_score(toy):
    class Silent(Linear):
        _scores = NeuralAligner._scores

    with pytest.raises(NotImplementedError):
        Silent(epochs=1).fit(*toy).score_classes(toy[0], toy[2])


@pytest.mark.parametrize(("method", "layer"), [("relation-net", "text.0"), ("revise", "text.encoder")])
def test_a_penalty_makes_the_network_of_texts_small(method, layer, toy):
    options = {"epochs": 20, "learning_rate": 2e-3, "batch_size": 16}
    norms = [
        np.linalg.norm(align.create(method, text_penalty=p, **options).fit(*toy)._state()[f"network.{layer}.weight"])
        for p in (0.0, 1.0)
    ]
    assert norms[1] < 0.8 * norms[0]
