"""The nets of a case are those that a written-out loop would make."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.modules import TaskANet, TaskBNet
from dnn_techniques.reuse import copy_layers
from dnn_techniques.studies.transfer.case import (
    Images,
    Transferred,
    run_case,
    with_transfer,
    without_transfer,
)
from dnn_techniques.studies.transfer.recipe import BOOK, NOTEBOOK, RECIPES, Recipe
from tests.experiment_files import FILES

N = 40


def data(n: int = N, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images of two classes that can be told apart."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (n,), generator=random)
    x = torch.rand(n, 28, 28, generator=random)
    x[labels == 1, :5] += 0.5
    return x, labels


def descend(module: TaskBNet, trained: list[nn.Parameter], epochs: int, rate: float = 1e-3) -> None:
    """Plain gradient descent, written out: an order an epoch, minibatches of 32."""
    x, labels = data()
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(32):
            logits = module.net(x[chosen])[:, 0]
            loss = F.binary_cross_entropy_with_logits(logits, labels[chosen].float())
            gradients = torch.autograd.grad(loss, trained)
            with torch.no_grad():
                for parameter, gradient in zip(trained, gradients, strict=True):
                    parameter.sub_(gradient, alpha=rate)


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


@pytest.mark.parametrize(
    ("recipe", "frozen_rate", "rate"), [(NOTEBOOK, 1e-3, 1e-3), (BOOK, 1e-2, 1e-4)]
)
def test_with_transfer_the_output_learns_first_and_then_all_layers(
    recipe: Recipe, frozen_rate: float, rate: float
) -> None:
    torch.manual_seed(1)
    task_a = TaskANet().net.state_dict()
    before = {name: value.clone() for name, value in task_a.items()}
    torch.manual_seed(2)
    ours, frozen_accuracy = with_transfer(recipe, task_a, *data(), data(100, seed=1))
    assert all(value.equal(before[name]) for name, value in task_a.items())
    torch.manual_seed(2)
    module = TaskBNet()
    copy_layers(task_a, module.net)
    output = [module.net.get_parameter(f"output.{k}") for k in ("weight", "bias")]
    descend(module, output, 4, frozen_rate)
    x, labels = data(100, seed=1)
    hits = (module.net(x)[:, 0] > 0) == (labels == 1)
    assert frozen_accuracy == pytest.approx(hits.float().mean().item())
    descend(module, list(module.parameters()), 16, rate)
    assert_alike(ours, module)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.whose)
def test_recipes_are_those_of_the_experiments(recipe: Recipe) -> None:
    files = {file.name: file for file in FILES}
    file = files[recipe.experiment]
    frozen = files[file.values["reuse"]["run"]]
    assert file.documented == recipe.documented
    assert (frozen.model.lr, frozen.trainer["max_epochs"]) == (
        recipe.frozen_rate,
        recipe.frozen_epochs,
    )
    assert (file.model.lr, file.trainer["max_epochs"]) == (recipe.rate, recipe.epochs)


def test_a_case_counts_errors_and_depends_on_its_seed_and_pair_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task_a = TaskANet().net.state_dict()
    images = Images(data(200), data(60, seed=2), data(100, seed=1))

    def case(pair: tuple[int, int], seed: int) -> tuple[int, tuple[Transferred, ...]]:
        torch.rand(3)
        return run_case(pair, 50, seed, task_a, images)[1:]

    first = case((5, 6), 42)
    assert first == case((5, 6), 42)
    assert len({first, case((5, 6), 43), case((0, 1), 42)}) == 3
    alone, transferred = first
    assert len(transferred) == len(RECIPES)
    for errors, both, frozen_accuracy in transferred:
        assert 0 <= both <= min(alone, errors) <= max(alone, errors) <= 100
        assert 0 <= frozen_accuracy <= 1

    # All nets are given the same images; those of a smaller size are among a larger one's.
    seen: list[Tensor] = []
    monkeypatch.setattr(
        "dnn_techniques.studies.transfer.case.train",
        lambda module, batches, *rest: seen.append(batches.x),
    )
    run_case((5, 6), 20, 42, task_a, images)
    small = seen.copy()
    seen.clear()
    run_case((5, 6), 50, 42, task_a, images)
    assert all(x.equal(small[0]) for x in small)
    assert all(x.equal(seen[0]) for x in seen)
    assert small[0].equal(seen[0][:20])
    assert len(seen[0]) == 50


def test_recipes_begin_alike_and_see_the_images_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With equal rates they are the same net, although each draws its own numbers."""
    same = (NOTEBOOK, replace(NOTEBOOK, whose="another"))
    monkeypatch.setattr("dnn_techniques.studies.transfer.case.RECIPES", same)
    images = Images(data(200), data(60, seed=2), data(100, seed=1))
    case = run_case((5, 6), 50, 42, TaskANet().net.state_dict(), images)
    assert case.transferred[0] == case.transferred[1]
