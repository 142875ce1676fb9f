import signal
from collections.abc import Iterator

import pytest

from dnn_techniques.runs.signals import signals_wait


@pytest.fixture
def came() -> Iterator[list[int]]:
    """Signals that their handler got."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    yield came
    signal.signal(signal.SIGTERM, before)


def test_a_signal_comes_when_it_is_let_through_or_at_the_end(came: list[int]) -> None:
    with signals_wait() as let_through:
        let_through()
        signal.raise_signal(signal.SIGTERM)
        assert not came
        let_through()
        assert came == [signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert len(came) == 1
    assert len(came) == 2
    signal.raise_signal(signal.SIGTERM)
    assert len(came) == 3


def test_a_signal_that_ends_the_block_comes_once() -> None:
    def interrupted() -> None:
        with signals_wait() as let_through:
            signal.raise_signal(signal.SIGINT)
            let_through()

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_a_signal_that_is_ignored_stays_so(came: list[int]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with signals_wait():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
        signal.raise_signal(signal.SIGTERM)
    assert not came
