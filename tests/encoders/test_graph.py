"""The partition of the skeleton graph is that of the published code."""

import numpy as np
import pytest

from zeroskel.encoders._graph import spatial_partition


@pytest.mark.parametrize(("file", "layout"), [("stgcn_25", "ntu-25"), ("stgcn_20", "kinect-20")])
def test_the_graph_equals_the_published_code(reference, file, layout):
    np.testing.assert_allclose(spatial_partition(layout), reference(file)["state/A"], atol=1e-6)


@pytest.mark.parametrize("layout", ["ntu-25", "kinect-15", "coco-17", "mediapipe-33"])
def test_the_partition_adds_up_to_the_normalised_graph(layout):
    parts = spatial_partition(layout)
    np.testing.assert_allclose(parts.sum(axis=(0, 1)), 1, atol=1e-6)
    assert ((parts > 0).sum(axis=0) <= 1).all()
    np.testing.assert_array_equal(parts[0] > 0, np.eye(parts.shape[1], dtype=bool))
