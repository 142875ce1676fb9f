"""The two ways of training on reused layers that the documents print."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Gradient descent with the reused layers frozen first, then with all layers.

    Attributes:
        whose: The text that prints it.
        experiment: The experiment that trains by it; its base is the frozen stage.
        documented: Its entry in documented_results.json: figures of the finished net.
        edition: Edition of the entry.
        frozen_rate: Learning rate while the reused layers are frozen.
        frozen_epochs: Epochs of that.
        rate: Learning rate of all layers.
        epochs: Epochs of that.
    """

    whose: str
    experiment: str
    documented: str
    edition: str
    frozen_rate: float
    frozen_epochs: int
    rate: float
    epochs: int


NOTEBOOK = Recipe(
    whose="notebook",
    experiment="transfer/b_on_a",
    documented="transfer-b-on-a-unfrozen",
    edition="TF 2.4",
    frozen_rate=1e-3,
    frozen_epochs=4,
    rate=1e-3,
    epochs=16,
)
BOOK = Recipe(
    whose="book",
    experiment="transfer/b_on_a_book",
    documented="transfer-book",
    edition="book",
    frozen_rate=1e-2,  # Keras's default
    frozen_epochs=4,
    rate=1e-4,
    epochs=16,
)
RECIPES = (NOTEBOOK, BOOK)
