import dataclasses
from pathlib import Path

import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.study.documented import documented
from dnn_techniques.study.experiments import (
    EXPERIMENTS,
    Experiment,
    _read,
    all_experiments,
    name_of,
    select,
    with_bases,
)


def test_select_a_group_or_one() -> None:
    names = ["bn/after_activation", "bn/before_activation", "bn/without"]
    assert [e.name for e in select("bn")] == names
    (one,) = select("bn/before_activation")
    assert one.group == "bn"
    assert one.documented == "bn-before-activation"


def test_unknown_names_are_refused_with_the_near_ones() -> None:
    with pytest.raises(InputError, match=r"'bn/after_activaton': did you mean bn/after_activation"):
        select("bn/after_activaton")
    with pytest.raises(
        InputError, match="unknown group or experiment 'nothing': known are activations, "
    ):
        select("nothing")


def test_names_come_from_paths() -> None:
    assert name_of(EXPERIMENTS / "bn" / "before_activation.yaml") == "bn/before_activation"
    assert name_of("/elsewhere/mine.yaml") == "mine"


def test_a_sweep_is_an_experiment_for_each_combination() -> None:
    signals = select("initialization/signal")
    assert len(signals) == 4 * 2
    assert signals[1].name == "initialization/signal-sigmoid-recommended"
    assert signals[1].arguments == (
        "--model.activation=sigmoid",
        "--model.initializer=recommended",
        "--sweep=null",
    )
    assert select("initialization") == signals
    assert select(signals[1].name) == [signals[1]]


@pytest.mark.parametrize("experiment", all_experiments(), ids=lambda e: e.name)
def test_every_file_says_its_claim_source_and_command(experiment: Experiment) -> None:
    header = experiment.path.read_text().splitlines()
    assert experiment.claim
    assert any(line.startswith("# Source: ") for line in header)
    assert f"# Run:    python -m dnn_techniques run {name_of(experiment.path)}" in header
    if experiment.documented:
        documented(experiment.documented)


def test_bases_come_first() -> None:
    names = [e.name for e in with_bases(select("transfer/b_on_a"))]
    assert names == ["transfer/model_a", "transfer/b_on_a_frozen", "transfer/b_on_a"]
    group = [e.name for e in with_bases(select("transfer"))]
    assert sorted(group) == [e.name for e in select("transfer")]
    assert group.index("transfer/b_on_a_frozen") < group.index("transfer/b_on_a")


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("transfer/b_on_a", "transfer/b_on_a builds on itself"),
        ("transfer/modela", "reuse: no run 'transfer/modela', did you mean transfer/model_a"),
    ],
)
def test_bases_that_cannot_be_are_refused(base: str, message: str) -> None:
    (experiment,) = select("transfer/b_on_a")
    with pytest.raises(InputError, match=message):
        with_bases([dataclasses.replace(experiment, builds_on=base)])


def test_a_remark_is_what_the_comment_says_after_the_command(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    head = "# Claim\n#\n# Source: s\n# Run: r\n"
    path.write_text(f"{head}#\n# More\n# words.\n#\n# And.\nmodel: {{}}\n# no\n")
    (experiment,) = _read(path, changed=0)
    assert (experiment.claim, experiment.remark) == ("Claim", "More words. And.")
    path.write_text(f"{head}model: {{}}\n")
    assert _read(path, changed=1)[0].remark == ""
