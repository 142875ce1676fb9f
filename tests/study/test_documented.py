import pytest

from dnn_techniques.errors import InputError
from dnn_techniques.study.documented import documented, documented_table


def test_printed_figures() -> None:
    before = documented("bn-before-activation")
    assert before.data_set == "fashion_mnist"
    assert list(before.curves) == ["TF 2.4", "TF 2.0"]
    assert before.at("TF 2.4", "val_loss", 10) == 0.3875
    assert before.at("TF 2.0", "val_accuracy", 1) == 0.7964
    assert before.at("TF 2.4", "val_loss", 11) is None
    assert before.at("TF 2.4", "lr", 1) is None


def test_a_second_run_in_a_document_has_an_id_of_its_own() -> None:
    assert documented("l2").at("TF 2.4", "val_loss", 2) == 0.6850
    assert documented("l2-partial").at("TF 2.4", "val_loss", 2) == 0.6826
    assert documented("l2-partial").column("TF 2.4", "loss") == "printed_loss"


def test_unknown_ids_are_refused() -> None:
    with pytest.raises(InputError, match=r"'bn-before' .*did you mean bn-before-activation"):
        documented("bn-before")


def test_training_figures_of_a_first_fit_are_double_means() -> None:
    before = documented("bn-before-activation")
    assert before.column("TF 2.4", "loss") == "printed_loss"
    assert before.column("TF 2.4", "val_loss") == "val_loss"
    assert before.column("TF 2.0", "accuracy") == "accuracy"
    # This net had been fitted before, by the range test.
    assert documented("schedule-1cycle").column("TF 2.4", "loss") == "loss"


def test_editions_with_another_optimizer_are_apart() -> None:
    assert list(documented("l2").curves) == ["TF 2.4"]
    assert documented("l2-adam").curves["TF 2.0"]["val_loss"][-1] == 0.6969
    assert list(documented("l2-adam").curves) == ["TF 2.0"]


def test_figures_of_finished_nets() -> None:
    alpha = documented("alpha-dropout").finished["TF 2.4"]
    assert alpha["test_accuracy"] == pytest.approx(0.8639)
    assert alpha["train_loss"] == pytest.approx(0.3501, abs=1e-4)
    mc = documented("mc-dropout")
    assert mc.data_set == "fashion_mnist"
    assert mc.curves["TF 2.4"] == {"epoch": [21], "loss": [0.4225], "accuracy": [0.8432]}
    assert mc.finished["TF 2.4"]["test_mc_accuracy"] == 0.8661
    assert mc.finished["book"]["first image, std of 100 [9]"] == 0.32


def test_the_notes_count_epochs_from_0() -> None:
    bn = documented("mnist-bn")
    assert bn.data_set == "mnist"
    assert list(bn.curves) == ["notes"]
    assert bn.at("notes", "val_accuracy", 1) == pytest.approx(0.8842)
    assert bn.at("notes", "val_accuracy", 20) == pytest.approx(0.9696)
    assert documented("mnist-0-4").curves["notes"]["epoch"][:3] == [1, 11, 21]


def test_training_figures_of_the_notes_are_true_ones() -> None:
    """Measured after the epoch, where our column of that name is measured too."""
    pairs, reuse = documented("mnist-pairs"), documented("mnist-pairs-reuse")
    assert pairs.column("notes", "train_batch_accuracy") == "train_accuracy"
    assert reuse.column("notes", "train_accuracy") == "train_accuracy"


@pytest.mark.parametrize("id", ["mnist-0-4-bn", "mnist-5-9-cached", "mnist-pairs-reuse"])
def test_results_of_the_notes(id: str) -> None:
    """Entries that name no data set of their own among them."""
    entry = documented(id)
    assert entry.data_set == "mnist"
    assert set(entry.finished["notes"]) <= {"test_accuracy", "train_accuracy"}
    assert entry.finished["notes"]["test_accuracy"] > 0.6


def test_tables() -> None:
    assert documented_table("optimizer_stars")["sgd"] == ["*", "***"]
