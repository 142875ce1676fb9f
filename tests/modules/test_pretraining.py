import torch

from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.modules import Autoencoder, FewLabelsNet
from dnn_techniques.optim import KerasAdam
from dnn_techniques.reuse import copy_layers
from tests.modules.trainer import trainer


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
    (figures,) = trainer().test(autoencoder, Batches(x, torch.zeros(2), 2), verbose=False)
    assert figures == {"test_loss": 4 / 8}


def test_learns_and_logs_the_mean_over_the_samples_whatever_the_labels() -> None:
    x = torch.rand(10, 2, 2, generator=torch.Generator().manual_seed(0))

    class Recorded(Autoencoder):
        def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            loss = super().loss(outputs, targets)
            losses.append((loss.item(), len(targets)))
            return loss

    def train(labels: torch.Tensor) -> tuple[Autoencoder, float]:
        torch.manual_seed(0)
        module = Recorded(4, [3], lr=0.01)
        fit = trainer(max_epochs=30)
        fit.fit(module, ShuffledBatches(x, labels, 4, torch.randperm))
        return module, fit.callback_metrics["loss"].item()

    losses: list[tuple[float, int]] = []
    module, logged = train(torch.zeros(10))
    last = losses[-3:]
    assert [n for _, n in last] == [4, 4, 2]
    assert abs(logged - sum(loss * n for loss, n in last) / 10) < 1e-7
    assert logged < losses[0][0] / 2
    other, _ = train(torch.ones(10))
    others = other.state_dict()
    assert all(torch.equal(value, others[name]) for name, value in module.state_dict().items())
    assert isinstance(module.make_optimizer(), KerasAdam)
