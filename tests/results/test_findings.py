"""What the pages' JSON files say was found."""

import json
from pathlib import Path

from dnn_techniques.results.findings import read_findings


def test_a_page_of_an_earlier_version_found_nothing(tmp_path: Path) -> None:
    figure = {"figure": "val_loss", "edition": "TF 2.4", "verdict": "inside"}
    runs = {"bn/without": {"documented": [figure]}, "mnist/bn": {"val_loss": [0.1]}}
    (tmp_path / "page.json").write_text(json.dumps({"experiments": runs, "claims": []}))
    assert read_findings(tmp_path).figures == {"bn/without": [figure]}
