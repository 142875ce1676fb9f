import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris

from dnn_techniques.data import PlaneData
from dnn_techniques.data.plane_data import load_points
from dnn_techniques.documents.catalog import PLANES
from dnn_techniques.errors import InputError


def prepared(name: str) -> PlaneData:
    data = PlaneData(name, batch_size=10)
    data.setup("fit")
    return data


@pytest.mark.parametrize("name", PLANES)
def test_points_are_the_same_everywhere(name: str) -> None:
    assert load_points(name).digest() == PLANES[name].sha256


def test_all_petals_train_and_are_tested() -> None:
    data, iris = prepared("iris"), load_iris()
    x, y = data.train
    assert np.allclose(x, iris.data[:, 2:4])
    assert y.tolist() == [1] * 50 + [0] * 100
    for part in (data.valid, data.test):
        assert torch.equal(part[0], x)
        assert torch.equal(part[1], y)


@pytest.mark.parametrize("name", ["circle", "spiral"])
def test_half_of_the_points_train(name: str) -> None:
    data = prepared(name)
    x, y = data.train
    assert (x.shape, x.dtype, y.dtype) == ((250, 2), torch.float32, torch.int64)
    assert data.valid[0].shape == data.test[0].shape == (250, 2)
    assert 0.4 < y.float().mean() < 0.6
    both = torch.cat([x, data.test[0]])
    assert len(both.unique(dim=0)) > 498  # the arms of the spiral meet at the center


def test_the_circle_is_a_disk_in_a_ring() -> None:
    arrays = load_points("circle")
    distance = np.hypot(*arrays.x.T)
    assert distance[arrays.y == 1].max() <= 2.5
    assert distance[arrays.y == 0].min() >= 3.5
    assert distance.max() <= 5.0001


def test_one_arm_of_the_spiral_is_the_other_turned_by_half() -> None:
    arrays = load_points("spiral")
    one, other = (arrays.x[arrays.y == kind] for kind in (0, 1))
    order = [np.argsort(np.hypot(*arm.T), kind="stable") for arm in (one, other)]
    assert np.allclose(one[order[0]], -other[order[1]], atol=1e-5)


def test_unknown_points_get_one_line() -> None:
    with pytest.raises(InputError, match="unknown points 'spirale': did you mean spiral"):
        PlaneData("spirale")
