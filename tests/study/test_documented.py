import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.study.documented import documented


def test_printed_figures() -> None:
    before = documented("bn-before-activation")
    assert before.data_set == "fashion_mnist"
    assert list(before.curves) == ["TF 2.4", "TF 2.0"]
    assert before.at("TF 2.4", "val_loss", 10) == 0.3875
    assert before.at("TF 2.0", "val_accuracy", 1) == 0.7964
    assert before.at("TF 2.4", "val_loss", 11) is None
    assert before.at("TF 2.4", "lr", 1) is None


def test_a_second_run_in_a_document_has_a_label_of_its_own() -> None:
    editions = list(documented("l2").curves)
    assert editions[0] == "TF 2.4"
    assert editions[1].startswith("TF 2.4 (partial")


def test_unknown_ids_are_refused() -> None:
    with pytest.raises(InputError, match=r"'bn-before' .*did you mean bn-before-activation"):
        documented("bn-before")
