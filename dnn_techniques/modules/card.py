"""The form of the documents' experiments: a card says what differs, as fields with values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

from torch import nn

from dnn_techniques.modules.binary_classifier import BinaryClassifier
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.modules.experiment import Experiment
from dnn_techniques.modules.regressor import Criterion, Regressor
from dnn_techniques.optim import MaxNorm, Penalty

AnyCard = TypeVar("AnyCard", bound="Card")

HIDDEN = (300, 100)


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def experiment(card: type[AnyCard]) -> type[AnyCard]:
    """Make a class a dataclass whose instances are compared and shown as modules are."""
    return dataclass(eq=False, repr=False)(card)


@experiment
class Card(Experiment):
    """An experiment whose settings are fields: options of the command line, kept in checkpoints.

    A card makes its net in `make_net`, and where it differs from its base its optimizer, schedule,
    penalties and constraints in `make_optimizer`, `make_schedule`, `make_penalties` and
    `make_constraints`. An `optimizer`, `interval`, `clipping` or `criterion`, be it a field or a
    constant of the class, is handed to `Experiment`.

    Args:
        in_features: Number of values of an input, such as the pixels of an image.
        hidden: Widths of the hidden layers.
        lr: Learning rate.
    """

    in_features: int = 784
    hidden: Sequence[int] = HIDDEN
    lr: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("in_features", "classes", "targets"):
            if (size := getattr(self, name, 1)) < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        shared = ("optimizer", "lr", "interval", "clipping", "criterion")
        super().__init__(
            self.make_net(),
            penalties=self.make_penalties(),
            constraints=self.make_constraints(),
            **{name: getattr(self, name) for name in shared if hasattr(self, name)},
        )
        self.save_hyperparameters()

    @property  # type: ignore[misc]  # Lightning's can be set
    def example_input_array(self) -> Any:
        """An input of zeros, (1, in_features): model summaries see the layers' shapes with it.

        A net of several inputs has a tuple of them.
        """
        return next(self.parameters()).new_zeros(1, self.in_features)

    def make_net(self) -> nn.Module:
        """The net."""
        raise NotImplementedError

    def make_penalties(self) -> Sequence[Penalty]:
        """What is added to the loss; nothing by default."""
        return ()

    def make_constraints(self) -> Sequence[MaxNorm]:
        """What holds after each optimizer step; nothing by default."""
        return ()


@experiment
class ClassifierCard(Card, Classifier):
    """A card that classifies images.

    Args:
        classes: Number of classes.
    """

    classes: int = 10


@experiment
class BinaryClassifierCard(Card, BinaryClassifier):
    """A card that tells two classes of images apart."""


@experiment
class RegressorCard(Card, Regressor):
    """A card that predicts numbers.

    Args:
        in_features: Number of features of an input.
        hidden: Widths of the hidden layers.
        lr: Learning rate.
        targets: How many numbers.
        criterion: The loss: ``mse``, ``mae`` or ``huber``.
    """

    in_features: int = 8
    hidden: Sequence[int] = (30,)
    lr: float = 0.01
    targets: int = 1
    criterion: Criterion = "mse"
