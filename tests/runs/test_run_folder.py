from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from dnn_techniques.errors import InputError
from dnn_techniques.runs.run_folder import held


def test_a_removed_lock_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its holder removes it between our opening and our locking; then a third one takes another."""
    acquire, third = FileLock.acquire, FileLock(tmp_path / ".lock", timeout=0)
    calls: list[None] = []

    def late(lock: FileLock, *args: object, **kwargs: object) -> object:
        got = acquire(lock)
        if not calls:
            calls.append(None)
            (tmp_path / ".lock").unlink()
            acquire(third)
        return got

    monkeypatch.setattr(FileLock, "acquire", late)
    with pytest.raises(InputError, match="another process is training"), held(tmp_path, tmp_path):
        pass
    third.release()
    with held(tmp_path, tmp_path):
        pass
    assert not (tmp_path / ".lock").exists()


def test_what_a_killed_process_was_writing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / ".last.ckpt.123.part").write_text("")
    with held(tmp_path, tmp_path):
        assert not list(tmp_path.rglob("*.part"))


def test_what_is_empty_in_the_end_is_removed(tmp_path: Path) -> None:
    for name, content in (("group/first", None), ("group/second", "seed"), ("group/third", None)):
        folder = tmp_path / name / "seed-42"
        with held(folder, tmp_path):
            assert folder.is_dir()
            if content:
                (folder / "config.yaml").write_text(content)
    assert [path.name for path in (tmp_path / "group").iterdir()] == ["second"]
    with held(tmp_path / "other" / "seed-42", tmp_path):
        pass
    assert not (tmp_path / "other").exists()
    assert tmp_path.is_dir()


def test_a_folder_that_another_process_removes_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mkdir = tmp_path / "group" / "seed-42", Path.mkdir
    removed: list[Path] = []

    def made_and_removed(path: Path, *args: Any, **kwargs: Any) -> None:
        mkdir(path, *args, **kwargs)
        if path == folder and not removed:
            removed.append(path)
            path.rmdir()

    monkeypatch.setattr(Path, "mkdir", made_and_removed)
    with held(folder, tmp_path):
        assert removed == [folder]
        assert (folder / ".lock").exists()
