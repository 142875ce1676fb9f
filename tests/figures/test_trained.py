import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dnn_techniques.data.sources import _load
from dnn_techniques.errors import InputError
from dnn_techniques.figures.trained import load_trained, title
from dnn_techniques.modules import MCDropoutNet
from dnn_techniques.results.run_sets import Run, RunSet

NAME = "mc-dropout/alpha_dropout"


@pytest.mark.parametrize(
    ("changes", "stands_in_for", "said"),
    [
        ([], None, "bn/x, seed 42"),
        (["lr 1 -> 2"], None, "bn/x, seed 42, with changed settings"),
        ([], "fashion_mnist", "bn/x, seed 42, on digits, NOT on fashion_mnist"),
    ],
)
def test_title_says_what_is_not_the_documents(
    changes: list[str], stands_in_for: str | None, said: str
) -> None:
    result = {"changes": changes, "data": {"stands_in_for": stands_in_for}}
    runs = [Run(seed, curves={}, result=result, settings={}) for seed in (42, 43)]
    assert title(RunSet("bn/x", runs, None)) == said


def test_loads_the_last_weights_and_the_test_set_or_names_what_is_missing(
    mc_run: Path, archive: Callable[..., Path]
) -> None:
    trained = load_trained(mc_run, NAME)
    assert isinstance(trained.module, MCDropoutNet)
    assert not trained.module.training
    assert trained.name == f"{NAME}, seed 42, with changed settings"
    assert trained.images.shape == trained.x.shape == (100, 28, 28)
    assert trained.images.dtype == torch.uint8
    assert trained.class_names[9] == "Ankle boot"
    # The run measured the same net on the same images.
    result = json.loads((mc_run / NAME / "seed-42" / "result.json").read_text())
    with torch.no_grad():
        probabilities = trained.module.probabilities(trained.module(trained.x))
    measured = result["measured"]["first image, dropout off"]
    assert probabilities[0].tolist() == pytest.approx(measured, rel=1e-4, abs=1e-7)
    accuracy = (probabilities.argmax(dim=1) == trained.labels).double().mean()
    assert accuracy == pytest.approx(result["test"]["accuracy"], abs=1e-6)

    # Other data in the place of the run's, then no checkpoint.
    archive(y_test=np.zeros(100, np.uint8))
    _load.cache_clear()
    with pytest.raises(InputError, match=r"seed-42 was trained on other data than .*\.npz; name"):
        load_trained(mc_run, NAME)
    last = mc_run / NAME / "seed-42" / "checkpoints" / "last.ckpt"
    last.unlink()
    with pytest.raises(InputError, match=f"last.ckpt is missing; make it again: run {NAME} --"):
        load_trained(mc_run, NAME)
