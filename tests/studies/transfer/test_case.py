"""The nets of a case are those that a written-out loop would make."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.modules import TaskANet, TaskBNet
from dnn_techniques.reuse import copy_layers
from dnn_techniques.studies.transfer.case import run_case, with_transfer, without_transfer

N = 40


def data(n: int = N, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images of two classes that can be told apart."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (n,), generator=random)
    x = torch.rand(n, 28, 28, generator=random)
    x[labels == 1, :5] += 0.5
    return x, labels


def descend(module: TaskBNet, trained: list[nn.Parameter], epochs: int) -> None:
    """Plain gradient descent, written out: an order an epoch, minibatches of 32."""
    x, labels = data()
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(32):
            logits = module.net(x[chosen])[:, 0]
            loss = F.binary_cross_entropy_with_logits(logits, labels[chosen].float())
            gradients = torch.autograd.grad(loss, trained)
            with torch.no_grad():
                for parameter, gradient in zip(trained, gradients, strict=True):
                    parameter.sub_(gradient, alpha=1e-3)


def assert_alike(ours: TaskBNet, theirs: TaskBNet) -> None:
    for name, value in ours.net.state_dict().items():
        torch.testing.assert_close(value, theirs.net.state_dict()[name], atol=1e-6, rtol=1e-5)


def test_without_transfer_all_layers_learn_for_20_epochs() -> None:
    torch.manual_seed(1)
    ours = without_transfer(*data())
    after = torch.rand(())
    torch.manual_seed(1)
    module = TaskBNet()
    descend(module, list(module.parameters()), 20)
    assert_alike(ours, module)
    assert torch.rand(()) == after  # the next net begins with the same random numbers


def test_with_transfer_the_output_learns_first_and_then_all_layers() -> None:
    torch.manual_seed(1)
    task_a = TaskANet().net.state_dict()
    before = {name: value.clone() for name, value in task_a.items()}
    torch.manual_seed(2)
    ours = with_transfer(task_a, *data())
    assert all(value.equal(before[name]) for name, value in task_a.items())
    torch.manual_seed(2)
    module = TaskBNet()
    copy_layers(task_a, module.net)
    descend(module, [module.net.get_parameter(f"output.{k}") for k in ("weight", "bias")], 4)
    descend(module, list(module.parameters()), 16)
    assert_alike(ours, module)


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
        "dnn_techniques.studies.transfer.case.train",
        lambda module, batches, *rest: seen.append(batches.x),
    )
    for size in (20, 50):
        run_case((5, 6), size, 42, task_a, train, test)
    small, small_again, large, large_again = seen
    assert small.equal(small_again)
    assert large.equal(large_again)
    assert small.equal(large[:20])
    assert len(large) == 50
