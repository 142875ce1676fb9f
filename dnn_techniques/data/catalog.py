"""What is known of each image data set before it is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageSet:
    """The fixed facts of an image data set.

    Attributes:
        name: Name on the command line and of the archive ``<name>.npz``.
        shape: Shape of one image: (height, width) or (height, width, channels).
        class_names: Name of each label, in label order.
        torchvision: Class in `torchvision.datasets` that downloads it, if one does.
        sha256: `ImageArrays.digest` of the data that the documents used, where it is known.
    """

    name: str
    shape: tuple[int, ...]
    class_names: tuple[str, ...]
    torchvision: str | None = None
    sha256: str | None = None


DIGIT_NAMES = tuple("0123456789")

CATALOG = {
    data_set.name: data_set
    for data_set in (
        ImageSet(
            "fashion_mnist",
            (28, 28),
            (
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            "FashionMNIST",
            "a036c46c3ae6bacb9fb9fb5fefed963b1619bb997fb01e8083c1b469a5b68fcc",
        ),
        ImageSet("mnist", (28, 28), DIGIT_NAMES, "MNIST"),
        ImageSet(
            "cifar10",
            (32, 32, 3),
            (
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ),
            "CIFAR10",
        ),
        ImageSet("digits", (28, 28), DIGIT_NAMES),
    )
}

DEFAULT = "fashion_mnist"
