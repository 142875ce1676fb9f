import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dnn_techniques.callbacks import EpochProgress
from dnn_techniques.data import ShuffledBatches
from dnn_techniques.layers import MLP
from dnn_techniques.modules import Classifier
from dnn_techniques.studies import in_memory


def trained(epochs: int = 2, progress: list[str] | None = None) -> dict[str, Tensor]:
    torch.manual_seed(0)
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    module = Classifier(MLP(4, (3,), 2), lr=0.1)
    shown = [] if progress is None else [EpochProgress(progress.append)]
    in_memory.train(module, ShuffledBatches(x, y, 3, torch.randperm), epochs, shown)
    return module.state_dict()


def by_hand(epochs: int) -> dict[str, Tensor]:
    torch.manual_seed(0)
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    net = MLP(4, (3,), 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(epochs):
        for chosen in torch.randperm(10).split(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[chosen]), y[chosen]).backward()
            optimizer.step()
    return {f"net.{name}": value for name, value in net.state_dict().items()}


@pytest.mark.parametrize("engine", [True, False])
def test_trains_as_a_plain_loop_with_and_without_the_engine(
    engine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not engine:
        monkeypatch.setattr(in_memory, "attach_engine", lambda *given: None)
    ours, theirs = trained(), by_hand(2)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name])


def test_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(False)  # an earlier test may have left it on
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trained()
        assert torch.get_num_threads() == 2
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_num_threads(threads)
    assert not list(tmp_path.iterdir())
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_shows_its_epochs_if_asked_to() -> None:
    lines: list[str] = []
    trained(3, lines)
    assert [line.split("  loss")[0] for line in lines] == [f"epoch  {i}/3" for i in (1, 2, 3)]
