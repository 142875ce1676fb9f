"""Predictions with their uncertainty, by Monte Carlo dropout."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dnn_techniques.layers.dropout import mc_dropout


@dataclass(frozen=True)
class MCPrediction:
    """What `samples` stochastic passes say about n inputs; float64, on the CPU.

    Attributes:
        mean: Mean probabilities over the passes, (n, classes).
        std: Their standard deviation (divided by the number of passes), (n, classes).
        entropy: Entropy of the mean in nats, (n,): the whole uncertainty, at most ln(classes).
        mutual_information: Entropy of the mean less the mean entropy of the passes, in nats, (n,):
            the part that comes from the passes' disagreement (BALD, Houlsby et al. 2011,
            arXiv:1112.5745).
        samples: The probabilities of each pass, (samples, n, classes), if asked for.
    """

    mean: Tensor
    std: Tensor
    entropy: Tensor
    mutual_information: Tensor
    samples: Tensor | None


def mc_predict(
    model: nn.Module,
    x: Tensor,
    samples: int = 100,
    chunk: int = 1024,
    keep_samples: bool = False,
    seed: int | None = None,
) -> MCPrediction:
    """Average the class probabilities of many passes with dropout on.

    Chapter 11, "Monte Carlo (MC) Dropout"; Gal & Ghahramani 2016, arXiv:1506.02142. The net runs in
    `mc_dropout`, so batch normalization stays as it is, and gets its modes back. Memory is that of
    one pass over one chunk, plus the result.

    Args:
        model: Maps (m, *) to logits (m, classes), with at least one dropout layer; one logit is
            that of the second of two classes.
        x: Inputs, (n, *); moved chunk by chunk to the device of the model.
        samples: Number of passes, at least 1.
        chunk: Rows that pass at a time, at least 1.
        keep_samples: Return the probabilities of each pass too.
        seed: Seeds the passes and leaves torch's global generators as they were; the same seed and
            chunk give the same result bit for bit. By default the global generators are used.

    Raises:
        ValueError: If `samples` or `chunk` is below 1, if the model has no dropout layer, or if it
            does not return (m, classes).
    """
    for name, value in (("samples", samples), ("chunk", chunk)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    device = next(model.parameters(), x).device
    seeded = torch.random.fork_rng(range(torch.cuda.device_count()), enabled=seed is not None)
    with mc_dropout(model), torch.no_grad(), seeded:
        if seed is not None:
            torch.manual_seed(seed)
        parts = [_predict(model, rows.to(device), samples, keep_samples) for rows in x.split(chunk)]
    return MCPrediction(
        mean=torch.cat([p.mean for p in parts]),
        std=torch.cat([p.std for p in parts]),
        entropy=torch.cat([p.entropy for p in parts]),
        mutual_information=torch.cat([p.mutual_information for p in parts]),
        samples=torch.cat([p.samples for p in parts if p.samples is not None], dim=1)
        if keep_samples
        else None,
    )


def _predict(model: nn.Module, x: Tensor, samples: int, keep_samples: bool) -> MCPrediction:
    kept = []
    for k in range(1, samples + 1):
        logits = model(x)
        if logits.ndim != 2:
            raise ValueError(
                f"model must return logits of shape (n, classes), got {tuple(logits.shape)}"
            )
        if logits.device.type == "mps":  # which has no float64
            logits = logits.cpu()
        logits = logits.double()
        if logits.shape[1] == 1:  # a sigmoid's logit z is a softmax's (0, z)
            logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
        p = logits.softmax(dim=1)
        entropy = torch.special.entr(p).sum(dim=1)
        if k == 1:
            mean, squares = torch.zeros_like(p), torch.zeros_like(p)
            mean_entropy = torch.zeros_like(entropy)
        # Welford's update: the difference of two large sums would lose a small variance.
        delta = p - mean
        mean += delta / k
        squares += delta * (p - mean)
        mean_entropy += (entropy - mean_entropy) / k
        if keep_samples:
            kept.append(p.cpu())
    total = torch.special.entr(mean).sum(dim=1)
    return MCPrediction(
        mean=mean.cpu(),
        std=(squares / samples).sqrt().cpu(),
        entropy=total.cpu(),
        mutual_information=(total - mean_entropy).clamp_min(0).cpu(),  # below 0 only by rounding
        samples=torch.stack(kept) if keep_samples else None,
    )
