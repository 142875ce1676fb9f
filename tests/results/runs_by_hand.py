"""Run folders that are written by hand."""

import json
from pathlib import Path
from typing import Any

import yaml

from dnn_techniques.data import CATALOG
from dnn_techniques.runs.run_folder import COLUMNS, FORMAT

NAME = "bn/before_activation"
DIGEST = CATALOG["fashion_mnist"].sha256


def write_run(
    out: Path, seed: int, name: str = NAME, folder: str | None = None, **changed: Any
) -> None:
    path = out / name / (folder or f"seed-{seed}")
    path.mkdir(parents=True)
    rows = [[epoch, 1, 0.5, 0.38 + seed / 1000, 0.87, 0.1, 2, 1.1, 0.4] for epoch in range(1, 11)]
    rows = changed.pop("rows", rows)
    lines = [",".join(map(str, row)) for row in (COLUMNS[: len(rows[0])], *rows)]
    (path / "metrics.csv").write_text("\n".join(lines) + "\n")
    config = {"lr": changed.pop("lr", 0.1)} | changed.pop("config", {})
    (path / "config.yaml").write_text(yaml.safe_dump(config))
    result: dict[str, Any] = {
        "format": FORMAT,
        "documented": None if "without" in name else name.replace("bn/", "bn-").replace("_", "-"),
        "seed": seed,
        "changes": [],
        "seconds_per_epoch": 2.0,
        "parameters": {"total": 3000, "trainable": 2000, "non_trainable": 1000},
        "data": {"name": "fashion_mnist", "stands_in_for": None, "sha256": DIGEST},
        "device": {"type": "cpu", "threads": 1},
        "versions": {"torch": "2"},
        "finished": "today",
    }
    (path / "result.json").write_text(json.dumps(result | changed))
