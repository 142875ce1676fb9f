from pathlib import Path

import pytest
import yaml

from dnn_techniques.cli import main
from dnn_techniques.runs.yaml_text import load_yaml

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)


def test_values_are_pyyamls() -> None:
    text = "base: &base {lr: 0.1}\nmodel: {<<: *base, hidden: [3, *base]}\n"
    assert load_yaml(text) == yaml.safe_load(text)
    assert load_yaml("") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: a is given twice"),
        ("a: {b: 1, b: 1}", "b is given twice"),
        ("a: &a [*a]", "line 1 contains itself"),
        ("&a {b: *a}", "contains itself"),
        (BOMB, "holds more than 100000 values"),
        pytest.param("[" * 10_000, "nest(ed|ing)|expected node", id="deep"),  # libyaml's words
        ("a: [", "expected"),
        ("a: 2020-13-45", "a value cannot be read: month must be in 1..12"),
        (f"a: {'9' * 6000}", "a value cannot be read: Exceeds the limit"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(yaml.YAMLError, match=message):
        load_yaml(text)


@pytest.mark.parametrize("text", ["model: 1\nmodel: 2\n", "model: &a [*a]\n", BOMB])
@pytest.mark.parametrize("command", ["run", "fit -c"])
def test_no_file_hangs_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, text: str
) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    assert main([*command.split(), str(tmp_path / "mine.yaml")]) == 2
    assert "mine.yaml is no YAML file: line" in capsys.readouterr().err
