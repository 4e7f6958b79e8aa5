"""Values of all pairs, computed in blocks."""

import weakref

import torch

from zeroskel.neural._tensors import in_blocks

ROWS, COLUMNS = torch.arange(23.0)[:, None], torch.arange(7.0)[:, None]


def product(rows, columns):
    return rows @ columns.T


def test_blocks_of_any_size_give_the_values_of_all_pairs():
    for pairs in (1, 3, 7, 20, 1000):
        assert torch.equal(in_blocks(product, ROWS, COLUMNS, pairs), product(ROWS, COLUMNS))
    assert in_blocks(product, ROWS[:0], COLUMNS, 4).shape == (0, 7)


def test_no_block_outlives_its_turn():
    blocks = []

    def watched(rows, columns):
        assert not any(block() is not None for block in blocks[:-1]), "a block is kept beside the result"
        values = product(rows, columns)
        blocks.append(weakref.ref(values))
        return values

    in_blocks(watched, ROWS, COLUMNS, 4)
    assert len(blocks) > 20


def test_gradients_flow_through_blocks():
    rows = ROWS.clone().requires_grad_()
    in_blocks(product, rows, COLUMNS, 4).sum().backward()
    assert torch.equal(rows.grad, COLUMNS.sum().expand(23, 1))
