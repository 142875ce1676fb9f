"""How long an epoch takes beside other ways of training the same net: part of ``make bench``."""

import sys
from functools import partial

import torch

from benchmarks.peers import PEERS, Net
from benchmarks.turns import machine, options, table, take_turns
from dnn_techniques.errors import InputError
from dnn_techniques.modules import (
    BNBeforeActivation,
    CIFAR10AlphaDropoutNet,
    CIFAR10BNNet,
    CIFAR10Net,
    CIFAR10OneCycleNet,
    CIFAR10SELUNet,
    LeakyReLUNet,
    RegressionMLP,
    SELU100Layers,
)
from dnn_techniques.modules.cifar10 import TWENTY_LAYERS
from dnn_techniques.modules.depth import HUNDRED_LAYERS

FASHION_MNIST, CIFAR_10, CALIFORNIA = (28, 28), (32, 32, 3), (8,)

deep = partial(Net, TWENTY_LAYERS, optimizer="nadam")

# Net, shape of a sample, number of minibatches in a round, of an epoch.
SETTINGS: dict[str, tuple[Net, tuple[int, ...], int, int]] = {
    "leaky-relu": (Net((300, 100), "leaky_relu", False, LeakyReLUNet), FASHION_MNIST, 344, 1719),
    "bn-before": (Net((300, 100), "relu", True, BNBeforeActivation), FASHION_MNIST, 344, 1719),
    "selu-100-layers": (Net(HUNDRED_LAYERS, "selu", False, SELU100Layers), FASHION_MNIST, 60, 1719),
    "california": (Net((30,), "relu", False, RegressionMLP, outputs=1), CALIFORNIA, 363, 363),
    "cifar10/elu": (deep("elu", False, CIFAR10Net), CIFAR_10, 100, 1407),
    "cifar10/bn": (deep("elu", True, CIFAR10BNNet, norm_bias=True), CIFAR_10, 100, 1407),
    "cifar10/selu": (deep("selu", False, CIFAR10SELUNet), CIFAR_10, 100, 1407),
    "cifar10/alpha_dropout": (
        deep("selu", False, CIFAR10AlphaDropoutNet, alpha_dropout=0.1),
        CIFAR_10,
        100,
        1407,
    ),
    "cifar10/one_cycle": (
        deep("selu", False, CIFAR10OneCycleNet, alpha_dropout=0.1, optimizer="sgd", batch_size=128),
        CIFAR_10,
        100,
        352,
    ),
}


def main() -> None:
    """Print a Markdown table for each setting."""
    given = options(__doc__, rounds=7, nets=SETTINGS)
    print(f"## Epochs with {given.threads} thread{'s' * (given.threads > 1)}\n")
    print(f"Medians of {given.rounds} rounds. {machine(given.device)}\n")
    for name in given.nets:
        net, shape, steps, epoch = SETTINGS[name]
        steps = epoch // 4 if given.device == "cuda" else steps  # a graph is recorded first
        seconds = measure(net, shape, steps, given.rounds, given.device)
        epochs = {way: [s * epoch / steps for s in times] for way, times in seconds.items()}
        print(table(name, epochs, "epoch"))


def measure(
    net: Net, shape: tuple[int, ...], steps: int, rounds: int, device: str = "cpu"
) -> dict[str, list[float]]:
    """Seconds of each round of every way whose packages are installed, in turn.

    Args:
        net: What to train.
        shape: Shape of a sample.
        steps: Number of minibatches in a round.
        rounds: Number of rounds, after one to warm up.
        device: Where to train, ``cpu`` or ``cuda``.
    """
    torch.manual_seed(0)
    samples = steps * net.batch_size
    x = torch.randn(samples, *shape)
    y = torch.randint(net.outputs, (samples,)) if net.outputs > 1 else torch.randn(samples)
    x, y = x.to(device), y.to(device)
    ways = {}
    for way, make in PEERS.items():
        try:
            ways[way] = partial(make(net, x[0].numel(), device), x, y)
        except (ImportError, InputError) as error:
            print(f"{way} is left out: {error}", file=sys.stderr)
    return take_turns(ways, rounds)


if __name__ == "__main__":
    main()
