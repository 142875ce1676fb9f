"""Draws beside those that TensorFlow made after ``tf.random.set_seed(42)``."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import nn

from dnn_techniques.replay import draw_seed, normal, truncated_normal, uniform

SEED = 42


def draw(k: int, golden: dict[str, Any]) -> NDArray[np.float32]:
    width, shape = golden["scale_or_limit"], golden["shape"]
    if golden["kind"] == "uniform":
        return uniform(shape, -width, width, SEED, draw_seed(SEED, k))
    return truncated_normal(shape, width, SEED, draw_seed(SEED, k))


def test_draws_are_tensorflow_s(goldens: dict[str, Any]) -> None:
    for k, golden in enumerate(goldens["tf_random_set_seed_42"]["eager_draws_in_order"]):
        values = draw(k, golden)
        assert values.dtype == np.float32
        assert values.shape == tuple(golden["shape"])
        flat = values.reshape(-1)
        np.testing.assert_allclose(flat[: len(golden["first"])], golden["first"], atol=2e-8)
        np.testing.assert_allclose(flat[-len(golden["last"]) :], golden["last"], atol=2e-8)
        np.testing.assert_allclose(values.mean(dtype=np.float64), golden["mean"], atol=2e-8)
        np.testing.assert_allclose(np.abs(values).max(), golden["absmax"], atol=2e-8)


def test_torch_s_draws_are_not(goldens: dict[str, Any]) -> None:
    golden = goldens["tf_random_set_seed_42"]["eager_draws_in_order"][0]
    torch.manual_seed(SEED)
    weight = nn.init.trunc_normal_(torch.empty(golden["shape"]), std=0.05, a=-0.1, b=0.1)
    first = weight.reshape(-1)[: len(golden["first"])].numpy()
    assert np.abs(first - golden["first"]).max() > 0.01


def test_a_stream_can_be_entered_anywhere() -> None:
    whole = uniform([100], 0, 1, SEED, 5)
    np.testing.assert_array_equal(uniform([2, 30], 0, 1, SEED, 5, start=10).reshape(-1), whole[40:])


def test_distributions() -> None:
    for values, expected in (
        (uniform([100_000], -1, 3, 1, 2), stats.uniform(-1, 4)),
        (truncated_normal([100_000], 3.0, 1, 2) / 3, stats.truncnorm(-2, 2)),
        (normal([100_000], 3.0, 1, 2) / 3, stats.norm()),
    ):
        assert stats.kstest(values, expected.cdf).pvalue > 0.01


def test_sizes_that_are_no_multiple_of_four() -> None:
    for size in (0, 1, 5, 7):
        long = truncated_normal([8], 1.0, SEED, 3)
        np.testing.assert_array_equal(truncated_normal([size], 1.0, SEED, 3), long[:size])
        np.testing.assert_array_equal(
            normal([size], 1.0, SEED, 3), normal([8], 1.0, SEED, 3)[:size]
        )
