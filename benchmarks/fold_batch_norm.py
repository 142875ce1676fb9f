"""What folding batch normalization gains in inference: ``make bench-folding``.

The nets of the chapter's section, on random images, with one thread. Both variants run in turn, so
that a slow spell of the machine hits both; a row has the medians of `ROUNDS` passes.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from dnn_techniques.layers import fold_batch_norm
from dnn_techniques.modules import BNAfterActivation, BNBeforeActivation

ROUNDS = 301


def main() -> None:
    """Print a Markdown table of the times of a pass with and without folding."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(
        f"torch {torch.__version__}, 1 thread, medians of {ROUNDS} passes, quartiles of the ratio"
    )
    print("| net | batch | plain, us | folded, us | plain / folded | largest difference |")
    print("| --- | --- | --- | --- | --- | --- |")
    for module in (BNAfterActivation(), BNBeforeActivation()):
        net = module.net
        assert isinstance(net, nn.Sequential)
        net(torch.rand(1000, 784))  # moves the statistics away from 0 and 1
        net.eval()
        folded = fold_batch_norm(net)
        for batch in (1, 32, 1000):
            x = torch.rand(batch, 784)
            gap = (net(x) - folded(x)).detach().abs().max().item()
            plain_s, folded_s = _interleaved(net, folded, x)
            low, ratio, high = statistics.quantiles(
                [a / b for a, b in zip(plain_s, folded_s, strict=True)], n=4
            )
            print(
                f"| {type(module).__name__} | {batch} | {statistics.median(plain_s) * 1e6:.0f}"
                f" | {statistics.median(folded_s) * 1e6:.0f}"
                f" | {ratio:.2f} ({low:.2f} to {high:.2f}) | {gap:.0e} |"
            )


@torch.inference_mode()
def _interleaved(
    first: Callable[[Tensor], Tensor], second: Callable[[Tensor], Tensor], x: Tensor
) -> tuple[list[float], list[float]]:
    """Seconds of each pass of both, in turn, after a warm-up."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 20):
        for net, seconds in zip((first, second), times, strict=True):
            start = time.perf_counter()
            net(x)
            seconds.append(time.perf_counter() - start)
    return times[0][20:], times[1][20:]


if __name__ == "__main__":
    main()
