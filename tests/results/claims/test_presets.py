import pytest

from dnn_techniques.results.claims import Claim
from dnn_techniques.results.claims.presets import CLAIMS
from dnn_techniques.results.run_sets import Run


def claim(words: str) -> Claim:
    (found,) = (c for c in CLAIMS if words in c.statement)
    return found


def run(*val_accuracy: float) -> Run:
    return Run(42, {"val_accuracy": list(val_accuracy)}, {}, {})


def test_configurations_are_compared_with_each_other() -> None:
    name = "presets/default_deep-norm="
    deep = {f"{name}before": run(0.1, 0.9), f"{name}none": run(0.5, 0.8)}
    assert claim("20 hidden layers").effect(deep) == pytest.approx(0.1)
    both = {"presets/self_normalizing": run(0.89), "presets/default": run(0.9)}
    assert claim("A simple stack").effect(both) == pytest.approx(-0.01)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("The default configuration with 300-100", "presets/default"),
        ("The self-normalizing configuration with 300-100", "presets/self_normalizing"),
        ("Our wider default configuration, 512-256", "presets/default_wide"),
        ("Our wider self-normalizing one, 512-256", "presets/self_normalizing_wide"),
    ],
)
def test_what_is_compared_with_the_printed_nets_is_ours(words: str, name: str) -> None:
    judged = claim(words)
    assert judged.whose == "ours"
    assert judged.experiments == [name]
    assert judged.effect({name: run(0.95, 0.9)}) == pytest.approx(0.9 - 0.8962)
