import pytest
import torch

from benchmarks import caching
from dnn_techniques.modules import MNISTReuseNet
from dnn_techniques.reuse import freeze


def test_the_share_of_the_work_that_caching_saves() -> None:
    module = MNISTReuseNet()
    freeze(module.net, ["hidden[12]"])
    saved = (784 + 300) * 300
    # Forward and its own gradient; for what is above also the gradient of its input.
    kept = 2 * 300 * 300 + 3 * (300 * 300 + 300 * 10)
    assert caching.work_saved(module.net) == pytest.approx(saved / (saved + kept))
    freeze(module.net)
    assert caching.work_saved(module.net) == 0


@pytest.mark.filterwarnings("ignore")
def test_a_row_has_both_times(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(caching, "ROUNDS", 2)
    module = MNISTReuseNet(hidden=(5, 5))
    caching._row("small", module, ["hidden1"], images=20, batch_size=10, epochs=2)
    cells = [cell.strip() for cell in capsys.readouterr().out.strip().splitlines()[-1].split("|")]
    assert cells[1:3] == ["small", "20"]
    assert all(float(cell) > 0 for cell in cells[3:6])
    assert torch.isfinite(torch.tensor(float(cells[6].split(" ")[0])))
