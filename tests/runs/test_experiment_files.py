import dataclasses
from pathlib import Path

import pytest

from dnn_techniques.documents.documented import documented
from dnn_techniques.errors import InputError
from dnn_techniques.runs.experiments import (
    EXPERIMENTS,
    ExperimentFile,
    all_experiments,
    name_of,
    read,
    select,
    single,
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
    assert signals[1].name == "initialization/signal-activation=sigmoid,initializer=recommended"
    assert signals[1].values == {"activation": "sigmoid", "initializer": "recommended"}
    assert select("initialization") == signals
    assert select(signals[1].name) == [signals[1]]


@pytest.mark.parametrize("experiment", all_experiments(), ids=lambda e: e.name)
def test_every_file_says_its_claim_source_and_command(experiment: ExperimentFile) -> None:
    header = experiment.path.read_text().splitlines()
    assert experiment.title
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
    head = "# Title\n#\n# Claim:  notes: it\n#         works\n# Source: s\n# Run: r\n"
    path.write_text(f"{head}#\n# More\n# words.\n#\n# And.\nmodel: {{}}\n# no\n")
    (experiment,) = read(path)
    assert (experiment.title, experiment.remark) == ("Title", "More words. And.")
    assert (experiment.whose, experiment.claim) == ("notes", "it works")
    assert experiment.said == "notes: it works"
    path.write_text(f"{head}model: {{}}\n")
    assert read(path)[0].remark == ""


@pytest.mark.parametrize(
    ("text", "title", "said", "remark"),
    [
        ("model: {}\n", "", "", ""),
        ("# Title\nmodel: {}\n", "Title", "", ""),
        ("# Title\n#\n# Source: s\n# Run: r\n#\n# More.\na: 1\n", "Title", "", "More."),
        (
            "# Title\n#\n# Claim: mine, all of it: good\na: 1\n",
            "Title",
            "mine, all of it: good",
            "",
        ),
    ],
)
def test_a_file_of_ones_own_needs_no_comment(
    text: str, title: str, said: str, remark: str, tmp_path: Path
) -> None:
    (experiment,) = read(own(tmp_path / "mine.yaml", text))
    assert (experiment.title, experiment.said, experiment.remark) == (title, said, remark)


def own(path: Path, text: str = "model: {}\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_files_and_folders_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own(tmp_path / "mine.yaml")
    own(tmp_path / "folder" / "a.yaml", "reuse: {run: folder/b}\n")
    own(tmp_path / "folder" / "b.yaml", "sweep: {lr: [1, 2]}\n")
    assert [e.name for e in select("mine.yaml")] == ["mine"]
    names = ["folder/a", "folder/b-lr=1", "folder/b-lr=2"]
    assert [e.name for e in select("folder/")] == names
    assert {e.group for e in select("folder")} == {"folder"}
    assert [e.name for e in select("folder/b.yaml")] == ["b-lr=1", "b-lr=2"]
    own(tmp_path / "folder" / "b.yaml")
    (a,) = (e for e in select("folder") if e.name == "folder/a")
    assert [e.name for e in with_bases([a])] == ["folder/b", "folder/a"]


def test_a_path_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bn").mkdir()
    assert len(select("bn")) == 3  # no experiment in the folder
    own(tmp_path / "bn" / "mine.yaml")
    assert [e.name for e in select("bn")] == ["bn/mine"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no experiment file \(\*.yaml\) in this folder"):
        select("empty")


def test_the_folder_of_a_run_is_its_config(tmp_path: Path) -> None:
    """And not the file of TensorBoard's that lies below it too."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "hparams.yaml").write_text("lr: 1")
    (tmp_path / "config.yaml").write_text("experiment: mine/lr=0.1\nmodel: {}\n")
    found = single(str(tmp_path))
    assert (found.path, found.name) == (tmp_path / "config.yaml", "mine/lr=0.1")


def test_one_experiment_is_asked_for(tmp_path: Path) -> None:
    assert single("bn/without").name == "bn/without"
    assert single("ranking/activations").values == {}
    assert single("ranking/activations-activation=elu,depth=2").values["depth"] == 2
    with pytest.raises(InputError, match="bn names 3 experiments: give one, such as bn/after"):
        single("bn")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words", "mine.yaml is no experiment file"),
        ("a: [", "mine.yaml is no YAML file"),
        ("sweep: {lr: 1}", "sweep must have a list of values"),
    ],
)
def test_what_is_no_experiment_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = own(tmp_path / "mine.yaml", text)
    with pytest.raises(InputError, match=message):
        select(str(path))
