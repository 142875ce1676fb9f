"""Masks beside the random numbers of which they are made."""

import numpy as np
import pytest
import torch

from dnn_techniques.replay import CallMasks, TrainingMasks, numpy_seed, uniform

SEED, RATE = 42, 0.2


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.2, 0.5, 0.7, 1 / 3])
def test_a_mask_keeps_numbers_of_at_least_the_rate(rate: float) -> None:
    mask = TrainingMasks(SEED, 3)((500, 100), rate)
    kept = uniform((500, 100), 0, 1, SEED, 3) >= np.float32(rate)
    np.testing.assert_array_equal(mask.numpy(), kept)
    assert abs(mask.float().mean() - (1 - rate)) < 0.01


def test_every_call_moves_the_counter_by_256_a_value() -> None:
    masks = TrainingMasks(SEED, 1)
    position = 0
    # The last minibatch of an epoch is smaller; 33 values are no multiple of four.
    for shape in ((32, 30), (32, 30), (24, 30), (32, 30), (3, 11), (3, 11)):
        expected = uniform(shape, 0, 1, SEED, 1, start=position) >= np.float32(RATE)
        np.testing.assert_array_equal(masks(shape, RATE).numpy(), expected)
        position += shape[0] * shape[1] * 256
        assert masks.position == position


def test_a_stream_goes_on_where_another_stopped() -> None:
    one, two = TrainingMasks(SEED, 0), TrainingMasks(SEED, 0)
    one((32, 30), RATE)
    two.position = one.position
    assert one((32, 30), RATE).equal(two((32, 30), RATE))


def test_calls_outside_of_a_step_have_seeds_of_their_own() -> None:
    masks = CallMasks(SEED, layer=1, layers=3)
    for call in range(2):
        expected = uniform((40, 10), 0, 1, SEED, numpy_seed(SEED, 3 * call + 1)) >= np.float32(RATE)
        np.testing.assert_array_equal(masks((40, 10), RATE).numpy(), expected)


def test_rows_can_be_passed_in_parts() -> None:
    whole = CallMasks(SEED, 0, 1)((10, 7), RATE)
    parts = []
    masks = CallMasks(SEED, 0, 1)
    for rows in (3, 3, 4):
        masks.call = 0
        parts.append(masks((rows, 7), RATE))
        masks.row += rows
    assert torch.cat(parts).equal(whole)
