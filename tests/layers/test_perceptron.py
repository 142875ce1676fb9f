from collections.abc import Callable

import numpy as np
import pytest
import sklearn.linear_model
import torch
from sklearn.datasets import load_iris
from torch import Tensor, nn

from dnn_techniques.layers import LOGIC, Perceptron, heaviside
from dnn_techniques.layers.perceptron import hand_set

INPUTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def petals() -> tuple[Tensor, Tensor]:
    """Length and width of iris petals, (150, 2), and whether it is a setosa, (150, 1)."""
    iris = load_iris()
    return torch.from_numpy(iris.data[:, 2:]), torch.from_numpy(iris.target[:, None] == 0)


def orders() -> list[Tensor]:
    return [torch.randperm(150, generator=torch.Generator().manual_seed(i)) for i in range(10)]


def theirs(x: Tensor, y: Tensor, epochs: int) -> tuple[list[float], float]:
    """Weights and bias of scikit-learn's, which sees the samples in their order."""
    fitted = sklearn.linear_model.Perceptron(max_iter=epochs, tol=None, shuffle=False)
    fitted.fit(x.numpy(), y[:, 0].numpy())
    return fitted.coef_[0].tolist(), float(fitted.intercept_[0])


def ours(x: Tensor, y: Tensor, epochs: int, ties_are_wrong: bool) -> tuple[list[float], float]:
    unit = Perceptron(2).double()
    for _ in range(epochs):
        unit.learn(x, y, ties_are_wrong=ties_are_wrong)
    return unit.weight[0].tolist(), float(unit.bias[0])


def test_the_step_is_1_at_0() -> None:
    z = torch.tensor([-1e-30, -0.0, 0.0, 3.0])
    assert heaviside(z).tolist() == [0, 1, 1, 1]
    assert z.sign().relu().tolist() == [0, 0, 0, 1]  # what torch's sign would give


def test_one_step_of_the_rule() -> None:
    unit = hand_set([[1, -2], [1, -2], [0, 0]], [0, -3, 0])
    wrong = unit.learn(torch.tensor([[2.0, 0.5]]), torch.tensor([[0, 0, 0]]), lr=0.1)
    # The sums are 1, -2 and 0: the second output is right, that of a tie is 1 and wrong.
    assert wrong == 2
    assert torch.allclose(unit.weight, torch.tensor([[0.8, -2.05], [1, -2], [-0.2, -0.05]]))
    assert torch.allclose(unit.bias, torch.tensor([-0.1, -3, -0.1]))


@pytest.mark.parametrize("epochs", [1, 2, 20])
def test_it_is_scikit_learn_s_but_for_ties(epochs: int) -> None:
    x, y = petals()
    differ = 0
    for order in orders():
        of_sklearn = theirs(x[order], y[order], epochs)
        same = ours(x[order], y[order], epochs, ties_are_wrong=True)
        assert same[0] == pytest.approx(of_sklearn[0], abs=1e-12)
        assert same[1] == of_sklearn[1]
        differ += ours(x[order], y[order], epochs, ties_are_wrong=False) != same
    assert differ > 0  # the first sum is 0: a setosa that comes first is right by the book's step


def test_it_separates_setosas_from_the_others_by_many_lines() -> None:
    x, y = petals()
    lines = set()
    for order in orders():
        unit = Perceptron(2).double()
        wrong = unit.fit(x[order], y[order])
        assert wrong[-1] == 0
        assert 0 not in wrong[:-1]
        assert torch.equal(unit(x).bool(), y)
        assert unit(torch.tensor([[2, 0.5]], dtype=torch.float64)) == 1  # the book's new flower
        lines.add((*unit.weight[0].tolist(), float(unit.bias[0])))
    assert len(lines) > 1


def test_what_no_line_separates_is_given_up() -> None:
    wrong = Perceptron(2).fit(INPUTS, torch.tensor([[0], [1], [1], [0]]), epochs=50)
    assert len(wrong) == 50
    assert all(wrong)


def test_each_unit_learns_by_itself() -> None:
    """A layer is as many perceptrons: the multilabel classifier of the book's figure 10-5."""
    x, _ = petals()
    labels = torch.from_numpy(np.eye(3)[load_iris().target])
    together = Perceptron(2, 3).double()
    together.learn(x, labels)
    for k in range(3):
        alone = Perceptron(2).double()
        alone.learn(x, labels[:, k : k + 1])
        assert torch.equal(together.weight[k], alone.weight[0])
        assert together.bias[k] == alone.bias[0]


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("A", lambda a, b: a),
        ("A and B", lambda a, b: a and b),
        ("A or B", lambda a, b: a or b),
        ("A and not B", lambda a, b: a and not b),
        ("not B", lambda a, b: not b),
        ("A xor B", lambda a, b: a != b),
        ("A xor B, by an MLP", lambda a, b: a != b),
    ],
)
def test_truth_tables(name: str, formula: Callable[[bool, bool], bool]) -> None:
    wanted = [float(formula(bool(a), bool(b))) for a, b in INPUTS]
    assert LOGIC[name](INPUTS)[:, 0].tolist() == wanted


def test_every_net_has_a_truth_table_and_needs_the_step_at_0() -> None:
    assert len(LOGIC) == 7
    sums = nn.functional.linear(INPUTS, LOGIC["A and B"][0].weight, LOGIC["A and B"][0].bias)  # type: ignore[arg-type]
    assert sums.max() == 0  # by a step that is 0 there it would never fire
