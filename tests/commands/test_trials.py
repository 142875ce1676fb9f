"""Options that differ from an experiment's file name the folder of its runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.results.paired import pair
from dnn_techniques.results.run_sets import read_runs
from dnn_techniques.runs.experiments import select
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.plan import Plan
from dnn_techniques.runs.plan_one import plan_one
from tests.results.runs_by_hand import write_run

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("DNN_TECHNIQUES_DATA", str(archive().parent))
    return ["--data.validation", "50", "--trainer.accelerator", "cpu"]


def fitted(*words: str) -> str:
    """Name of the run that ``fit`` would make."""
    return plan_one(ExperimentCLI("fit", words), words).name


def planned(selection: str, *words: str) -> list[str]:
    """Names of the runs that ``run`` would make."""
    fixed = {"out": "runs", "replay": False, "perturbation": 0.0}
    return [task.name for task in Plan(select(selection), words, 1, fixed).tasks]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], ""),
        (["--threads", "2", "--out", "x", "--engine", "plain", "--seed_everything", "7"], ""),
        (["--model.lr", "0.001"], ""),  # the file's own
        (["--model.lr", "0.01"], "-lr=0.01"),
        (["--model.init_args.lr=0.01", "--data.batch_size=64"], "-data.batch_size=64,lr=0.01"),
        (["--model.hidden", "[30, 10]"], "-hidden=[30,10]"),
        (["--trainer.max_epochs", "2"], "-max_epochs=2"),
        (
            ["--optimizer", "torch.optim.Adam", "--optimizer.lr=1"],
            "-optimizer=Adam,optimizer.lr=1.0",
        ),
    ],
)
def test_what_differs_is_in_the_name(words: list[str], name: str) -> None:
    assert fitted("-c", "bn/without", *words) == f"bn/without{name}"
    assert fitted("-c", "experiments/bn/without.yaml", *words) == f"bn/without{name}"
    assert fitted("-c", "bn/without", "--experiment", "mine", *words) == "mine"


def test_a_sweep_trains_every_combination(small: list[str]) -> None:
    sweep = ["--sweep.lr", "[.1,.2]", "--sweep.data.batch_size", "[8,16]"]
    names = planned("bn/without", *small, *sweep)
    rates = [f"lr={lr},data.batch_size={n}" for lr in (0.1, 0.2) for n in (8, 16)]
    assert names == [f"bn/without-{rate},data.validation=50 42" for rate in rates]


@pytest.mark.slow
def test_what_is_typed_beats_a_sweep(small: list[str]) -> None:
    fixed = ["--model.activation", "elu", *small]
    names = planned("ranking/activations", *fixed, "--sweep.depth", "[2,3]")
    members = [f"ranking/activations-activation=elu,depth={depth}" for depth in (2, 3)]
    assert names == [f"{member},data.validation=50 42" for member in members]
    assert fitted("-c", "ranking/activations", *fixed, "--model.depth", "2").startswith(members[0])
    assert fitted("-c", members[0], *small) == f"{members[0]},data.validation=50"


def test_trials_stand_beside_each_other_and_are_compared(
    small: list[str], tmp_path: Path, capsys: Capture
) -> None:
    options = [*small, "--trainer.max_epochs", "1", "--out", str(tmp_path)]
    for lr in ("0.01", "0.02"):
        assert main(["fit", "-c", "bn/without", *options, "--model.lr", lr]) == 0
    capsys.readouterr()
    assert main(["compare", "bn/without", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    for lr in ("0.01", "0.02"):
        name = f"bn/without-data.validation=50,lr={lr},max_epochs=1"
        assert f"| {name} | 1 " in printed
        assert f"{name}: settings differ from the experiment file" in printed
    config = next(tmp_path.glob("bn/*lr=0.01*/seed-42/config.yaml"))
    other = str(tmp_path / "again")
    assert main(["fit", "-c", str(config), "--out", other]) == 0
    assert next(Path(other).glob("bn/*/seed-42")).parent.name == config.parts[-3]


def test_two_sets_of_runs_are_paired_by_seed(tmp_path: Path, capsys: Capture) -> None:
    for seed in (1, 2, 3):
        write_run(tmp_path, seed, "bn/without", test={"loss": 0.5 + seed / 10})
    for seed in (2, 3, 4):
        write_run(tmp_path, seed, "bn/after_activation", test={"loss": 0.4 + seed / 10})
    write_run(tmp_path, 9, "clipping/without")
    first, second = (read_runs(tmp_path, f"bn/{n}") for n in ("without", "after_activation"))
    (test_loss,) = (p for p in pair(first, second) if p.figure == "test_loss")
    assert test_loss.differences == pytest.approx([0.1, 0.1])
    out = ["--out", str(tmp_path)]
    assert main(["compare", "bn/without", "bn/after_activation", *out]) == 0
    assert "| test_loss    | 2 | 0.7500 ± 0.0707 |" in capsys.readouterr().out
    assert main(["compare", "bn/without", "clipping/without", *out]) == 2
    error = capsys.readouterr().err
    assert "(seeds 1, 2, 3) and clipping/without (seeds 9) have no seed in common" in error
    with pytest.raises(InputError, match="no seed in common"):
        pair(first, read_runs(tmp_path, "clipping/without"))


def test_an_own_run_is_told_from_its_trials(tmp_path: Path, capsys: Capture) -> None:
    write_run(tmp_path, 1, "mine", documented=None, test={"loss": 0.5})
    write_run(tmp_path, 1, "mine-lr=0.2", documented=None, test={"loss": 0.3})
    write_run(tmp_path, 1, "mine-lr=0.3", documented=None, test={"loss": 0.2})
    assert main(["compare", "mine", "mine-lr=0.2", "--out", str(tmp_path)]) == 0
    assert "| test_loss    | 1 | 0.5000 | 0.3000 " in capsys.readouterr().out
    assert main(["compare", "mine", "--out", str(tmp_path)]) == 0
    assert "| mine-lr=0.3 |" in capsys.readouterr().out


def test_folders_of_runs_are_compared_by_experiment(tmp_path: Path, capsys: Capture) -> None:
    for out in ("a", "b"):
        for name in ("bn/without", "clipping/without"):
            write_run(tmp_path / out, 1, name)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert capsys.readouterr().out.count("| val_loss ") == 2
