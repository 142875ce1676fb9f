"""The net whose hidden layers are reused: trained once on the eight classes beside a pair."""

from itertools import combinations

from dnn_techniques.data import ImageData
from dnn_techniques.modules import TaskANet
from dnn_techniques.runs.seeds import seed_everything
from dnn_techniques.studies.evaluation import accuracy
from dnn_techniques.studies.in_memory import train

DATA = "fashion_mnist"
CLASSES = 10
EPOCHS = 20

VALIDATION = 5000  # training images that are set aside, as in the documents

Pair = tuple[int, int]
ALL_PAIRS: list[Pair] = list(combinations(range(CLASSES), 2))


def train_task_a(pair: Pair, validation: int = VALIDATION) -> tuple[TaskANet, float]:
    """Train a net on all classes of Fashion MNIST but two, as ``transfer/model_a`` is.

    Weights and order are drawn with a seed that the pair determines, another one for each.

    Args:
        pair: The two classes that it does not see.
        validation: Number of training images that validate.

    Returns:
        The net and its validation accuracy.
    """
    others = [label for label in range(CLASSES) if label not in pair]
    seed_everything(CLASSES * pair[0] + pair[1])
    module = TaskANet(classes=len(others))
    data = ImageData(DATA, classes=others, validation=validation)
    data.prepare_data()
    data.setup("fit")
    train(module, data.train_dataloader(), EPOCHS)
    return module, accuracy(module, data.valid)
