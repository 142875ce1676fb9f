import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from dnn_techniques.errors import InputError
from dnn_techniques.figures import FIGURES

NEEDS = {
    "learning-curves": "chapter10/fashion_mlp",
    "vanishing-gradients": "initialization",
    "self-normalization-broken": "self-normalization",
    "activation-ranking": "ranking",
    "bn-learning-rates": "bn-deep/learning_rate",
    "clipping": "clipping",
    "optimizers": "optimizers",
    "optimizer-rates": "rates",
    "performance-schedule": "schedules/performance",
    "mc-dropout": "mc-dropout/alpha_dropout",
    "sparse": "sparse",
    "calibration": "mc-dropout/alpha_dropout",
}


def test_every_figure_has_a_file_and_a_title_of_one_line() -> None:
    folder = Path(sys.modules["dnn_techniques.figures"].__path__[0])
    shared = {"__init__", "trained", "group_runs", "sensitivity", "mistakes", "layer_values"}
    files = {path.stem for path in folder.glob("*.py")} - shared
    assert files == {name.replace("-", "_") for name in FIGURES}
    for name, figure in FIGURES.items():
        assert figure.name == name
        assert 20 < len(figure.title) <= 80
        assert "\n" not in figure.title


def test_the_registry_is_imported_without_what_draws() -> None:
    heavy = "'torch', 'matplotlib', 'pytorch_lightning'"
    code = f"import sys, dnn_techniques.figures; print(sorted({{{heavy}}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_figure_is_drawn_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {tmp_path: Figure()}
    module = import_module("dnn_techniques.figures.sigmoid_saturation")
    monkeypatch.setattr(module, "draw", drawn.get)
    assert FIGURES["sigmoid-saturation"].draw(tmp_path) is drawn[tmp_path]


@pytest.mark.parametrize(("name", "run"), NEEDS.items())
def test_a_missing_run_is_named_with_what_makes_it(name: str, run: str, tmp_path: Path) -> None:
    message = f"no finished run of {run} below .*; make (one|some): run {run}$"
    with pytest.raises(InputError, match=message):
        FIGURES[name].draw(tmp_path)
