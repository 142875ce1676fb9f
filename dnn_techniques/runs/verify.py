"""Whether the files of a run folder are those that the run left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dnn_techniques.errors import InputError
from dnn_techniques.runs.run_folder import (
    BEST,
    CONFIG,
    LAST,
    METRICS,
    RESULT,
    check_digest,
    read_config,
    read_metrics,
    read_result,
)


@dataclass(frozen=True)
class Verdict:
    """What is known of a file.

    Attributes:
        file: The file.
        fine: Whether it can be used.
        said: What it holds, or what is wrong; a message of `InputError` names the file itself.
    """

    file: Path
    fine: bool
    said: str

    def __str__(self) -> str:
        """One line."""
        named = self.said if str(self.file) in self.said else f"{self.file}: {self.said}"
        return f"{'ok ' if self.fine else 'BAD'} {named}"


def run_folders(folder: Path) -> list[Path]:
    """The run folders at and below a folder, finished or not."""
    of_files = {f.parent for name in (RESULT, CONFIG, METRICS) for f in folder.rglob(name)}
    return sorted(of_files | {file.parents[1] for file in folder.rglob(LAST.as_posix())})


def verify_run(folder: Path) -> Iterator[Verdict]:
    """Look at every file of a run that others rely on.

    A finished run knows the SHA-256 of its files and of its final weights, since version 0.2.

    Args:
        folder: The run folder.
    """
    result: dict[str, Any] = {}

    def of_result() -> str:
        result.update(read_result(folder))
        return f"finished {result['finished']}"

    if (folder / RESULT).exists():
        yield _verdict(folder / RESULT, of_result)
    else:
        yield Verdict(folder / RESULT, True, "missing, the run is unfinished")
    config = _verdict(folder / CONFIG, lambda: f"{len(read_config(folder))} options")
    yield config
    known = result.get("sha256") or {}
    begun = (folder / LAST).exists()  # the others were written before
    rows: list[dict[str, str]] = []

    def of_metrics() -> str:
        rows.extend(read_metrics(folder))
        return f"{len(rows)} epochs"

    if result or begun or (folder / METRICS).exists():
        yield _verdict(folder / METRICS, of_metrics)
    validated = begun and any(row.get("val_loss") for row in rows)
    for name, needed in ((LAST, False), (BEST, validated)):
        file = folder / name
        if file.exists() or needed or name.as_posix() in known:
            digest = result.get("weights_sha256") if name == LAST else None
            yield _verdict(file, partial(_of_checkpoint, file, digest, own=config.fine))


def _verdict(file: Path, look: Callable[[], str]) -> Verdict:
    try:
        return Verdict(file, True, look())
    except (InputError, OSError) as error:
        return Verdict(file, False, str(error))


def _of_checkpoint(file: Path, digest: str | None, own: bool) -> str:
    """What a checkpoint holds.

    Args:
        file: The checkpoint.
        digest: The SHA-256 of its weights, where the run knows it.
        own: Whether it has to be of the run of config.yaml, which is fine.

    Raises:
        InputError: If it is damaged, another run's or none, or its weights are not the run's.
    """
    from dnn_techniques.runs.checkpoint_file import (  # they import PyTorch
        check_finite,
        check_run,
        is_of_a_run,
        read_checkpoint,
        weights_alone,
    )
    from dnn_techniques.runs.digest import digest_of_weights

    remedy = f"delete {file.parents[1]} and make the run again"
    saved = read_checkpoint(file, remedy)
    check_digest(file, remedy)
    weights = saved["state_dict"]
    if not weights_alone(saved) and not is_of_a_run(saved):
        raise InputError(f"{file} is not of `run` or `fit`; {remedy}")
    if own:
        check_run(saved, file, remedy)
    found = digest_of_weights(weights)
    if digest is not None and digest != found:
        raise InputError(f"{file} holds other weights than the finished run's; {remedy}")
    try:
        check_finite(weights, file, remedy)
    except InputError:
        if digest is None:
            raise
        return f"{len(weights)} tensors, {found[:12]}, not finite: the training diverged"
    return f"{len(weights)} tensors, {found[:12]}"
