"""The scores of exported modules equal those of the methods."""

import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.core import InputError

SHORT = {"epochs": 2}
METHODS = [
    ("ridge", {}),
    ("smie", {**SHORT, "hidden": (16, 8)}),
    ("smie", {**SHORT, "critic": "bilinear", "inference": "published"}),
    ("smie", {**SHORT, "critic": "separable", "hidden": (16, 8)}),
    ("kernel-ridge", {}),
    ("kernel-ridge", {"hubness": 0.0, "landmarks": 20}),
    ("contrastive", SHORT),
    ("contrastive", {**SHORT, "text_projection": "none", "text_blocks": (2, 4)}),
    ("kite", SHORT),
    ("kite", {**SHORT, "text_blocks": (2, 3, 1), "networks": 2}),
    ("kite", {**SHORT, "kernel_weight": 0.0}),
    ("kite", {"networks": 0}),
    ("evidence", {}),
    ("evidence", {"floor": 0.0, "text_blocks": (2, 4)}),
]


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_scores_are_equal_for_any_number_of_texts(toy, method, options):
    features, labels, texts = toy
    aligner = align.create(method, **options).fit(features, labels, texts)
    module = aligner.to_torch()
    for candidates in (texts, texts[::-1].copy(), texts[6:], texts[:1]):
        expected = aligner.score_classes(features, candidates)
        with torch.no_grad():
            exported = module(torch.from_numpy(features), torch.from_numpy(candidates)).numpy()
        np.testing.assert_allclose(exported, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_the_method_is_not_modified(toy):
    features, labels, texts = toy
    aligner = align.create("contrastive", **SHORT).fit(features, labels, texts)
    module = aligner.to_torch()
    torch.nn.init.zeros_(next(module.network.parameters()))
    assert next(aligner.network_.parameters()).any()


def test_other_methods_are_refused(toy):
    aligner = align.create("conse").fit(*toy)
    with pytest.raises(InputError, match=r"method conse cannot be exported; .* smie, ridge, contrastive, kernel-ridge"):
        aligner.to_torch()
