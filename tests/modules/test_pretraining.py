import pytorch_lightning as pl
import torch

from dnn_techniques.data import ShuffledBlocks
from dnn_techniques.modules import Autoencoder, FewLabelsNet
from dnn_techniques.reuse import copy_layers


def test_the_codes_are_the_outputs_of_the_layers_that_a_classifier_takes_over() -> None:
    torch.manual_seed(0)
    autoencoder = Autoencoder(12, (6, 5, 3))
    classifier = FewLabelsNet(12, (6, 5, 3))
    x = torch.rand(7, 3, 4)
    assert autoencoder.encode(x).shape == (7, 3)
    assert autoencoder.net(x).shape == (7, 12)
    copy_layers(autoencoder.net, classifier.net)
    hidden = torch.nn.Sequential(*list(classifier.net.children())[:-1])
    assert torch.equal(hidden(x), autoencoder.encode(x))


def test_the_loss_is_the_squared_error_of_a_value() -> None:
    autoencoder = Autoencoder(4, [2])
    for name, parameter in autoencoder.named_parameters():
        torch.nn.init.constant_(parameter, 1.0 if name == "net.output.bias" else 0.0)
    x = torch.tensor([[[1.0, 1.0], [1.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]]])
    assert autoencoder.loss(x).item() == 4 / 8


def test_learns_and_logs_the_mean_over_the_samples_whatever_the_labels() -> None:
    x = torch.rand(10, 4)

    class Recorded(Autoencoder):
        def loss(self, x: torch.Tensor) -> torch.Tensor:
            loss = super().loss(x)
            losses.append((loss.item(), len(x)))
            return loss

    def train(labels: torch.Tensor) -> tuple[Autoencoder, float]:
        torch.manual_seed(0)
        module = Recorded(4, [3], lr=0.01)
        blocks = ShuffledBlocks(x, labels, 4, torch.randperm)
        trainer = pl.Trainer(
            max_epochs=30, accelerator="cpu", logger=False, enable_checkpointing=False
        )
        trainer.fit(module, blocks)
        return module, trainer.callback_metrics["loss"].item()

    losses: list[tuple[float, int]] = []
    module, logged = train(torch.zeros(10))
    last = losses[-3:]
    assert [n for _, n in last] == [4, 4, 2]
    assert abs(logged - sum(loss * n for loss, n in last) / 10) < 1e-7
    assert logged < losses[0][0] / 2
    other, _ = train(torch.ones(10))
    others = other.state_dict()
    assert all(torch.equal(value, others[name]) for name, value in module.state_dict().items())
