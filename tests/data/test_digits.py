import numpy as np

from dnn_techniques.data.digits import load_digits


def test_digits_have_the_format_of_mnist_and_repeat() -> None:
    digits = load_digits()
    assert digits.x_train.shape == (60_000, 28, 28)
    assert digits.x_test.shape == (10_000, 28, 28)
    assert digits.x_train.dtype == np.uint8
    assert digits.x_train.max() > 200
    assert np.bincount(digits.y_train).min() > 5_000
    assert np.bincount(digits.y_test).min() > 700
    assert load_digits().digest() == digits.digest()


def test_no_image_repeats_between_the_splits() -> None:
    digits = load_digits()
    seen = [
        {image.tobytes() for image in part}
        for part in (digits.x_train[:5000], digits.x_train[5000:], digits.x_test)
    ]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]
    assert len(seen[1]) > 0.99 * 55_000
