from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnn_techniques.data import ImageData, TableData
from dnn_techniques.errors import InputError
from dnn_techniques.modules import ImageMLP, RegressionMLP, TwoInputsNet
from dnn_techniques.runs.checks import check_shapes
from dnn_techniques.runs.provenance import describe_data
from tests.data.tables import housing_file, table_file

Archive = Callable[..., Path]
INPUTS = [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        (RegressionMLP(in_features=5), None, "in_features is 5, but .* has 8 here; give --model"),
        (RegressionMLP(), [[0, 1]], "in_features is 8, but california_housing has 2 here"),
        (RegressionMLP(), INPUTS, "takes inputs of 8 features, but .* has 5 and 6 here; --data"),
        (TwoInputsNet(), None, "takes inputs of 5 and 6 features, but .* has 8 here; --data.in"),
        (TwoInputsNet(wide_features=4), INPUTS, "takes inputs of 4 and 6 features"),
        (RegressionMLP(targets=2), None, "targets is 2, but california_housing has 1 here"),
        (ImageMLP(in_features=8), None, "tells classes apart, .* numbers as targets; take a Reg"),
    ],
)
def test_a_net_that_does_not_fit(model: Any, inputs: Any, message: str, tmp_path: Path) -> None:
    housing_file(tmp_path)
    with pytest.raises(InputError, match=message):
        check_shapes(model, TableData(root=tmp_path, inputs=inputs))


def test_nets_that_fit(tmp_path: Path) -> None:
    housing_file(tmp_path)
    check_shapes(RegressionMLP(), TableData(root=tmp_path))
    check_shapes(TwoInputsNet(), TableData(root=tmp_path, inputs=INPUTS))
    own = table_file(tmp_path / "own.npz", y=np.arange(80.0).reshape(40, 2))
    check_shapes(RegressionMLP(in_features=3, targets=2), TableData(str(own)))


def test_a_regressor_does_not_take_images(archive: Archive) -> None:
    with pytest.raises(InputError, match="predicts numbers, but fashion_mnist has classes"):
        check_shapes(RegressionMLP(in_features=784), ImageData(root=archive().parent))


def test_a_run_says_what_table_it_was_made_from(tmp_path: Path) -> None:
    path = housing_file(tmp_path)
    data = TableData(root=tmp_path)
    assert describe_data(data) == {
        "name": "california_housing",
        "stands_in_for": None,
        "source": str(path),
        "sha256": data.arrays.digest(),
    }
