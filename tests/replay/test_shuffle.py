from typing import Any

import torch

from dnn_techniques.replay import KerasShuffle


def test_orders_are_those_of_fit(goldens: dict[str, Any]) -> None:
    for name, epochs in goldens["tf_random_set_seed_42"]["fit_shuffle"].items():
        n = int(name.removeprefix("n="))
        shuffle = KerasShuffle(42)
        for golden in epochs:
            order = shuffle(n)
            assert order[: len(golden["first"])].tolist() == golden["first"]
            assert order[-len(golden["last"]) :].tolist() == golden["last"]
            assert order.sort().values.equal(torch.arange(n))


def test_torch_s_orders_are_not(goldens: dict[str, Any]) -> None:
    golden = goldens["tf_random_set_seed_42"]["fit_shuffle"]["n=1000"][0]
    order = torch.randperm(1000, generator=torch.Generator().manual_seed(42))
    assert order[: len(golden["first"])].tolist() != golden["first"]


def test_another_fit_begins_anew() -> None:
    one, two = KerasShuffle(42), KerasShuffle(42, fits=[2, 1])
    first, second, third = (one(50) for _ in range(3))
    assert [two(50).tolist() for _ in range(3)] == [
        first.tolist(),
        second.tolist(),
        first.tolist(),
    ]
    assert first.tolist() != third.tolist()


def test_an_epoch_takes_a_word_for_each_swap() -> None:
    shuffle = KerasShuffle(42)
    for n, position in ((69, 17), (70, 35), (1, 35), (0, 35)):
        shuffle(n)
        assert shuffle.position == position


def test_few_samples() -> None:
    assert KerasShuffle(1)(0).tolist() == []
    assert KerasShuffle(1)(1).tolist() == [0]
    assert sorted(KerasShuffle(1)(2).tolist()) == [0, 1]
