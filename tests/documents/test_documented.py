import pytest

from dnn_techniques.documents.documented import (
    Documented,
    all_documented,
    documented,
    documented_table,
)
from dnn_techniques.errors import InputError
from dnn_techniques.runs.experiments import all_experiments

EDITIONS = {"TF 2.4", "TF 2.0", "notes", "book"}
METRICS = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "train_accuracy"}


@pytest.mark.parametrize(
    ("id", "edition", "metric", "epoch", "printed"),
    [
        ("leaky-relu", "TF 2.4", "loss", 1, 1.6314),
        ("leaky-relu", "TF 2.4", "val_accuracy", 10, 0.8396),
        ("leaky-relu", "TF 2.0", "loss", 1, 1.2810),
        ("leaky-relu", "TF 2.0", "val_loss", 10, 0.4816),
        ("bn-after-activation", "TF 2.4", "val_loss", 1, 0.5526),
        ("bn-after-activation", "TF 2.4", "accuracy", 10, 0.8617),
        ("bn-before-activation", "TF 2.0", "val_accuracy", 1, 0.7964),
        ("bn-before-activation", "TF 2.4", "val_loss", 10, 0.3875),
        ("bn-before-activation", "TF 2.4", "val_loss", 11, None),
        ("bn-before-activation", "TF 2.4", "lr", 1, None),
        ("transfer-b-on-a-frozen", "TF 2.4", "val_loss", 1, 0.2797),
        ("transfer-b-on-a-unfrozen", "TF 2.4", "val_accuracy", 16, 0.9878),
        ("transfer-b-on-a-never-frozen", "TF 2.0", "val_accuracy", 16, 0.9899),
        ("l2", "TF 2.4", "val_loss", 2, 0.6850),
        ("l2-partial", "TF 2.4", "val_loss", 2, 0.6826),
        ("l2-adam", "TF 2.0", "val_loss", 2, 0.6969),
        ("mc-dropout", "TF 2.4", "loss", 21, 0.4225),
        ("mc-dropout", "TF 2.4", "accuracy", 21, 0.8432),
        ("cifar10-elu", "TF 2.4", "val_loss", 17, 1.5549),
        ("cifar10-elu", "TF 2.4", "val_loss", 18, None),  # the document leaves out 18 to 29
        ("cifar10-elu", "TF 2.4", "val_loss", 30, 1.6025),
        ("ch10-fashion-mlp", "book", "val_accuracy", 30, 0.8926),
        # The notes call their epochs 0, 1, 2, ...
        ("mnist-bn", "notes", "val_accuracy", 1, 0.8841999769210815),
        ("mnist-bn", "notes", "val_accuracy", 20, 0.9696000218391418),
        ("mnist-0-4", "notes", "val_accuracy", 11, 0.989835798740387),
        ("mnist-pairs", "notes", "train_accuracy", 6, 0.8299999833106995),
    ],
)
def test_curves(id: str, edition: str, metric: str, epoch: int, printed: float | None) -> None:
    assert documented(id).at(edition, metric, epoch) == printed


@pytest.mark.parametrize(
    ("id", "edition", "printed"),
    [
        ("transfer-b", "book", {"test_accuracy": 0.972}),
        (
            "transfer-b-on-a-unfrozen",
            "TF 2.4",
            {"test_loss": 0.0561506561934948, "test_accuracy": 0.9940000176429749},
        ),
        ("transfer-book", "book", {"test_loss": 0.06887910133600235, "test_accuracy": 0.9925}),
        (
            "alpha-dropout",
            "TF 2.4",
            {
                "test_loss": 0.47229740023612976,
                "test_accuracy": 0.8639000058174133,
                "train_loss": 0.3501231074333191,
                "train_accuracy": 0.8840363621711731,
            },
        ),
        (
            "mc-dropout-book",
            "book",
            {
                "test_mc_accuracy": 0.8694,
                "test_accuracy": 0.868,
                "first image, dropout off [7]": 0.01,
                "first image, dropout off [9]": 0.99,
                "first image, mean of 100 [5]": 0.22,
                "first image, mean of 100 [7]": 0.16,
                "first image, mean of 100 [9]": 0.62,
                "first image, std of 100 [5]": 0.28,
                "first image, std of 100 [7]": 0.21,
                "first image, std of 100 [8]": 0.02,
                "first image, std of 100 [9]": 0.32,
            },
        ),
        (
            "cifar10-bn",
            "TF 2.4",
            {
                "best_epoch": 29,
                "best_val_loss": 1.3343921899795532,
                "best_val_accuracy": 0.5397999882698059,
            },
        ),
        (
            "ch10-fashion-mlp-predictions",
            "book",
            {
                "first image [5]": 0.03,
                "first image [7]": 0.01,
                "first image [9]": 0.96,
                "second image [2]": 0.98,
                "second image [4]": 0.02,
                "third image [1]": 1.0,
            },
        ),
        ("mnist-0-4-bn", "notes", {"test_accuracy": 0.995719, "train_accuracy": 1.0}),
        ("mnist-5-9-cached", "notes", {"test_accuracy": 0.6877186}),
        ("mnist-pairs-reuse", "notes", {"test_accuracy": 0.9667, "train_accuracy": 0.9818}),
    ],
)
def test_figures_of_finished_nets(id: str, edition: str, printed: dict[str, float]) -> None:
    assert documented(id).finished[edition] == printed


def test_editions_are_those_that_print_something() -> None:
    assert list(documented("bn-before-activation").curves) == ["TF 2.4", "TF 2.0"]
    assert list(documented("l2").curves) == ["TF 2.4"]
    assert list(documented("l2-adam").curves) == ["TF 2.0"]
    assert list(documented("mc-dropout").finished) == ["TF 2.4"]
    assert list(documented("mc-dropout-book").finished) == ["book"]
    assert documented("transfer-book").curves == {}


def test_settings_and_parameters() -> None:
    assert documented("l2").setup["optimizer"] == documented("l2-partial").setup["optimizer"]
    assert documented("l2-adam").setup["optimizer"] == "adam"
    assert documented("mc-dropout").setup["alpha_dropout"].startswith("0.2 before every dense")
    assert documented("mc-dropout-book").setup["dropout"].startswith("0.2 before every dense")
    assert documented("cifar10-elu").setup["rate_search"]["chosen"] == 5e-5
    assert documented("bn-after-activation").parameters["trainable"] == 268_978
    assert documented("leaky-relu").parameters == {}


def test_training_figures_of_a_first_fit_are_double_means() -> None:
    """TF 2.4 prints them; two of its nets had been fitted before, without compiling again."""
    before = documented("bn-before-activation")
    assert before.column("TF 2.4", "loss") == "printed_loss"
    assert before.column("TF 2.4", "accuracy") == "printed_accuracy"
    assert before.column("TF 2.4", "val_loss") == "val_loss"
    assert before.column("TF 2.0", "accuracy") == "accuracy"
    assert documented("mnist-pairs").column("notes", "train_accuracy") == "train_accuracy"
    assert {edition for d in all_documented().values() for edition in d.double_means} == {"TF 2.4"}
    printed_by_tf_24 = {id for id, d in all_documented().items() if "TF 2.4" in d.curves}
    twice = {id for id, d in all_documented().items() if d.double_means}
    assert printed_by_tf_24 - twice == {"schedule-1cycle", "mc-dropout"}


@pytest.mark.parametrize("printed", all_documented().values(), ids=lambda printed: printed.id)
def test_form_of_every_entry(printed: Documented) -> None:
    assert printed.data_set in {"fashion_mnist", "mnist", "cifar10", "california_housing", "iris"}
    assert printed.setup
    assert {*printed.curves, *printed.finished, *printed.double_means} <= EDITIONS
    for curves in printed.curves.values():
        epochs = curves["epoch"]
        assert epochs == sorted(set(epochs))
        assert epochs[0] >= 1
        assert set(curves) <= METRICS
        assert {len(values) for values in curves.values()} == {len(epochs)}


def test_every_experiment_names_an_entry() -> None:
    named = {e.documented for e in all_experiments() if e.documented}
    assert len(named) > 40
    assert named <= set(all_documented())


def test_unknown_ids_are_refused() -> None:
    with pytest.raises(InputError, match=r"'bn-before' .*did you mean bn-before-activation"):
        documented("bn-before")


def test_tables() -> None:
    assert documented_table("optimizer_stars")["sgd"] == ["*", "***"]
    assert len(documented_table("selu_self_normalization")["rows"]) == 10
