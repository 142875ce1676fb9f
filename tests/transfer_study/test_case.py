"""The nets of a case are those that the Trainer would make."""

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.data import Batches, ShuffledBlocks
from dnn_techniques.modules import TaskANet, TaskBNet
from dnn_techniques.reuse import Freezing, Phase, copy_layers
from dnn_techniques.transfer_study.case import run_case, with_transfer, without_transfer

N = 40


def data(n: int = N, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images of two classes that can be told apart."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (n,), generator=random)
    x = torch.rand(n, 28, 28, generator=random)
    x[labels == 1, :5] += 0.5
    return x, labels


def trained(module: TaskBNet, orders: list[Tensor], *callbacks: pl.Callback) -> TaskBNet:
    loader = ShuffledBlocks(*data(), 32, lambda n: orders.pop(0))
    trainer = pl.Trainer(
        max_epochs=20,
        accelerator="cpu",
        callbacks=list(callbacks),
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, loader, Batches(*data(), 10))
    assert not orders
    return module


def assert_alike(ours: TaskBNet, theirs: TaskBNet) -> None:
    for name, value in ours.net.state_dict().items():
        torch.testing.assert_close(value, theirs.net.state_dict()[name], atol=1e-6, rtol=1e-5)


def test_without_transfer_is_what_the_trainer_makes() -> None:
    torch.manual_seed(1)
    ours = without_transfer(*data())
    torch.manual_seed(1)
    module = TaskBNet()
    assert_alike(ours, trained(module, [torch.randperm(N) for _ in range(20)]))


def test_with_transfer_is_what_the_phases_make() -> None:
    torch.manual_seed(1)
    task_a = TaskANet().net.state_dict()
    before = {name: value.clone() for name, value in task_a.items()}
    torch.manual_seed(2)
    ours = with_transfer(task_a, *data())
    assert all(value.equal(before[name]) for name, value in task_a.items())
    torch.manual_seed(2)
    module = TaskBNet()
    copy_layers(task_a, module.net)
    phases = Freezing([Phase(frozen=["hidden*"]), Phase(after=4)])
    assert_alike(ours, trained(module, [torch.randperm(N) for _ in range(20)], phases))


def test_a_case_counts_errors_and_depends_on_its_seed_and_pair_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task_a = TaskANet().net.state_dict()
    train, test = data(200), data(100, seed=1)

    def case(pair: tuple[int, int], seed: int) -> tuple[int, ...]:
        torch.rand(3)
        return run_case(pair, 50, seed, task_a, train, test)[1:]

    first = case((5, 6), 42)
    assert first == case((5, 6), 42)
    assert len({first, case((5, 6), 43), case((0, 1), 42)}) == 3
    alone, transfer, both = first
    assert 0 <= both <= min(alone, transfer) <= max(alone, transfer) <= 100

    # Both nets are given the same images; those of a smaller size are among a larger one's.
    seen: list[Tensor] = []
    monkeypatch.setattr(
        "dnn_techniques.transfer_study.case.descend", lambda net, x, *rest: seen.append(x)
    )
    for size in (20, 50):
        run_case((5, 6), size, 42, task_a, train, test)
    small, _, small_again, large, *_ = seen
    assert small.equal(small_again)
    assert small.equal(large[:20])
    assert len(large) == 50
