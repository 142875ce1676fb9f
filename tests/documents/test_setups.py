"""Every documented run has an experiment, and every setting that its entry names is that one's."""

from typing import Any

import pytest
import torch

from dnn_techniques.documents.documented import all_documented, documented
from dnn_techniques.layers import INITIALIZERS, Dense
from dnn_techniques.modules.parameters import count_parameters
from tests.documents.setup_checks import CHECKS, NOT_REPEATED, OF_IMAGES, filled_by
from tests.experiment_files import FILES, ExperimentFile

REPEATED = [file for file in FILES if file.documented]


def settings(checks: dict[str, Any]) -> list[Any]:
    """Each setting of an experiment's entry that has one of these checks."""
    return [
        pytest.param(file, key, id=f"{file.documented}-{file.name}-{key}")
        for file in REPEATED
        for key in documented(file.documented).setup
        if key in checks
    ]


def test_every_entry_has_an_experiment() -> None:
    assert {file.documented for file in REPEATED} == set(all_documented())


@pytest.mark.parametrize("file", REPEATED, ids=lambda file: file.name)
def test_every_setting_is_checked(file: ExperimentFile) -> None:
    """A new key of an entry needs a check, or a reason to have none."""
    assert set(documented(file.documented).setup) <= {*CHECKS, *OF_IMAGES, *NOT_REPEATED}


def test_every_check_is_needed() -> None:
    named = {key for file in REPEATED for key in documented(file.documented).setup}
    assert {*CHECKS, *OF_IMAGES, *NOT_REPEATED} == named


@pytest.mark.parametrize(("file", "key"), settings(CHECKS))
def test_setting(file: ExperimentFile, key: str) -> None:
    CHECKS[key](file, documented(file.documented).setup[key])


def other(value: Any) -> Any:
    if isinstance(value, int | float):
        return 2 * value
    if isinstance(value, dict):
        return {key: other(part) for key, part in value.items()}
    return f"{value} or so" if isinstance(value, str) else [*value, *value]


@pytest.mark.parametrize(("file", "key"), settings(CHECKS))
def test_every_check_can_fail(file: ExperimentFile, key: str) -> None:
    with pytest.raises((AssertionError, KeyError, ValueError)):
        CHECKS[key](file, other(documented(file.documented).setup[key]))


@pytest.mark.real_data
@pytest.mark.parametrize(("file", "key"), settings(OF_IMAGES))
def test_images(file: ExperimentFile, key: str) -> None:
    OF_IMAGES[key](file, documented(file.documented).setup[key])


@pytest.mark.parametrize("file", REPEATED, ids=lambda file: file.name)
def test_numbers_of_parameters(file: ExperimentFile) -> None:
    printed = documented(file.documented).parameters
    count = count_parameters(file.model.net)
    assert {name: getattr(count, name) for name in printed} == printed


def test_the_search_found_what_is_trained() -> None:
    """The settings that the notes' search chose are among those that it tried."""
    setup = documented("mnist-0-4-search").setup
    space = setup["space"]
    assert setup["activation"] in space["activation"]
    assert setup["batch_size"] in space["batch_size"]
    assert set(setup["hidden"]) <= set(space["n_neurons"])


def test_the_check_of_initializers_can_fail() -> None:
    torch.manual_seed(0)
    lecun = Dense(100, 10, INITIALIZERS["lecun_normal"])
    assert not filled_by(lecun, "glorot_uniform")
    assert filled_by(Dense(100, 10), "glorot_uniform")
    assert not filled_by(Dense(300, 100, INITIALIZERS["he_normal"]), "lecun_normal")
