import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dnn_techniques.modules.metrics import EpochMeans

LOGITS = torch.randn(70, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.randint(0, 4, (70,), generator=torch.Generator().manual_seed(1))


def losses(size: int) -> list[Tensor]:
    pairs = zip(LOGITS.split(size), LABELS.split(size), strict=True)
    return [F.cross_entropy(*pair) for pair in pairs]


def fed(calls: int) -> EpochMeans:
    """Three batches of 32, 32 and 6, in one call or in three."""
    means = EpochMeans()
    hits = LOGITS.argmax(1) == LABELS
    if calls == 1:
        means.update(losses(32), hits, 32)
    else:
        for loss, part in zip(losses(32), hits.split(32), strict=True):
            means.update([loss], part, len(part))
    return means


@pytest.mark.parametrize("calls", [1, 3])
def test_means_are_weighted_by_samples(calls: int) -> None:
    loss, accuracy = fed(calls).compute()
    assert loss.item() == pytest.approx(F.cross_entropy(LOGITS, LABELS).item(), rel=1e-6)
    assert accuracy.item() == pytest.approx((LOGITS.argmax(1) == LABELS).float().mean().item())
    assert abs(loss - torch.stack(losses(32)).mean()) > 1e-3


@pytest.mark.parametrize("calls", [1, 3])
def test_printed_means_average_the_running_means_once_more(calls: int) -> None:
    loss, accuracy = fed(calls).compute_printed()
    running = [F.cross_entropy(LOGITS[:n], LABELS[:n]).item() for n in (32, 64, 70)]
    assert loss.item() == pytest.approx((sum(running) + running[-1]) / 4, rel=1e-6)
    hits = (LOGITS.argmax(1) == LABELS).float()
    running = [hits[:n].mean().item() for n in (32, 64, 70)]
    assert accuracy.item() == pytest.approx((sum(running) + running[-1]) / 4, rel=1e-6)
