"""What is known of each data set before it is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageSet:
    """The fixed facts of an image data set.

    Attributes:
        name: Name on the command line and of the archive ``<name>.npz``.
        shape: Shape of one image: (height, width) or (height, width, channels).
        class_names: Name of each label, in label order.
        torchvision: Class in `torchvision.datasets` that downloads it, if one does.
        sha256: `ImageArrays.digest` of the documents' copy, None if they do not use the data set.
        any_test_order: Whether its test pairs count as the same in any order: copies of CIFAR-10
            differ in it. No documented figure of such a set depends on it.
    """

    name: str
    shape: tuple[int, ...]
    class_names: tuple[str, ...]
    torchvision: str | None = None
    sha256: str | None = None
    any_test_order: bool = False


DIGIT_NAMES = tuple("0123456789")

IMAGES = {
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
        ImageSet(
            "mnist",
            (28, 28),
            DIGIT_NAMES,
            "MNIST",
            "7fb3379cee8ad4da627ab84aaac7b0adc3b9bebe2c75eacddcbafc8236f7673d",
        ),
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
            "4b377da313f376ab3c093e61bca350ad8f56ba651ffd4a712fb5bffd9edff0b5",
            any_test_order=True,
        ),
        ImageSet("digits", (28, 28), DIGIT_NAMES),
    )
}


@dataclass(frozen=True)
class TableSet:
    """The fixed facts of a table.

    Attributes:
        name: Name on the command line.
        features: Name of each feature.
        target: Name of the target.
        sha256: `TableArrays.digest` of the documents' copy, None if they do not use the table.
    """

    name: str
    features: tuple[str, ...]
    target: str
    sha256: str | None = None


TABLES = {
    table.name: table
    for table in (
        TableSet(
            "california_housing",
            (
                "MedInc",
                "HouseAge",
                "AveRooms",
                "AveBedrms",
                "Population",
                "AveOccup",
                "Latitude",
                "Longitude",
            ),
            "MedHouseVal",
            "f6dfdd2aedf8aea070a372dbf0b7787c23082b4680a78ae57409619e1f602514",
        ),
    )
}

# Tables of two features and a class of 0 or 1: points of the plane.
PLANES = {
    table.name: table
    for table in (
        TableSet(
            "iris",
            ("petal length", "petal width"),
            "setosa",
            "89cdadbd2e8efdea4c66ccdef808670f79887e03abd6ec299ed402090b102bfb",
        ),
        TableSet(
            "circle",
            ("x1", "x2"),
            "class",
            "760b62c8d935486c90dddbda4f2a26f715e192d30a336f09026f6716316788f2",
        ),
        TableSet(
            "spiral",
            ("x1", "x2"),
            "class",
            "df3316e8b78198f27d5792ada7d9ed6b0ff604773292c29cac5dc3d35d97298d",
        ),
    )
}

DEFAULT = "fashion_mnist"

CATALOG: dict[str, ImageSet | TableSet] = {**IMAGES, **TABLES, **PLANES}
