"""``find-lr -c <experiment>``: the learning-rate range test of an experiment."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from matplotlib.figure import Figure
from pytorch_lightning.cli import LightningArgumentParser
from tqdm import tqdm

from dnn_techniques.data import ShuffledBlocks
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_figure
from dnn_techniques.modules import Classifier
from dnn_techniques.optim import lr_range_test
from dnn_techniques.trainer_cli import ExperimentCLI, make_cli


class _FindLRCLI(ExperimentCLI):
    """Makes what `fit` would train, and tests its learning rate instead."""

    def add_default_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        super().add_default_arguments_to_parser(parser)
        parser.add_argument("--min_lr", type=float, default=1e-5, help="First rate.")
        parser.add_argument("--max_lr", type=float, default=10.0, help="Rate after the last step.")
        parser.add_argument(
            "--steps", type=int | None, default=None, help="Optimizer steps (default: an epoch)."
        )

    def before_fit(self) -> None:
        """Make no run folder."""
        self.reuse()

    def after_fit(self) -> None:
        """Test nothing: the net is as it was."""

    def fit(self, **kwargs: Any) -> None:
        config = self.config[self.subcommand]
        device = self.trainer.strategy.root_device
        self.datamodule.trainer = self.trainer
        self.datamodule.setup("fit")
        model = self.model.to(device)
        if not isinstance(model, Classifier):
            raise InputError(f"find-lr needs a Classifier, got {type(model).__name__}")
        optimizer = model.make_optimizer()
        optimizer.register_step_pre_hook(lambda *_: model.before_step())
        optimizer.register_step_post_hook(lambda *_: model.after_step())
        try:
            result = lr_range_test(
                model,
                optimizer,
                model.loss,
                _Minibatches(self.datamodule.train_dataloader(), device),
                min_lr=config.min_lr,
                max_lr=config.max_lr,
                steps=config.steps,
            )
            suggestion = result.suggest()
        except ValueError as error:
            raise InputError(str(error)) from error
        path = self.run_path.parent / "find-lr.png"
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.subplots()
        result.plot(axes)
        axes.set_title(f"{config.experiment}: learning-rate range test")
        write_figure(path, figure)
        ended = "diverged" if result.diverged else "ended"
        print(f"{len(result.rates)} steps from {config.min_lr:g}, {ended} at {result.rates[-1]:g}")
        print(f"lowest smoothed loss at {result.turning_point:.2g}")
        print(f"suggested learning rate {suggestion:.2g}: a tenth of that, the book's rule")
        print(f"drawn in {path}")


class _Minibatches:
    """The minibatches of blocks as plain pairs on a device, with a progress bar."""

    def __init__(self, blocks: ShuffledBlocks, device: torch.device) -> None:
        self.blocks = blocks
        self.device = device

    def __len__(self) -> int:
        return self.blocks.steps

    def __iter__(self) -> Iterator[Batch]:
        with tqdm(total=len(self), leave=False, disable=not sys.stderr.isatty()) as bar:
            for block in self.blocks:
                for x, y in block.minibatches():
                    yield x.to(self.device), y.to(self.device)
                    bar.update()


def find_lr(args: Sequence[str]) -> None:
    """Run the range test with the arguments of `fit`, ``min_lr``, ``max_lr`` and ``steps``.

    Raises:
        InputError: If the arguments or the data cannot be used, or the test shows no turning point.
    """
    make_cli(_FindLRCLI, ["fit", *args])
