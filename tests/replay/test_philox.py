import numpy as np
import pytest

from dnn_techniques.replay import philox
from dnn_techniques.replay.philox import CHUNK

# Known answers of the Random123 library: seed, op seed, counter, words.
KNOWN = [
    (0, 0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (2**64 - 1, 2**64 - 1, 2**64 - 1, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        0x299F31D0_A4093822,
        0x03707344_13198A2E,
        0x85A308D3_243F6A88,
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@pytest.mark.parametrize(("seed", "op_seed", "counter", "words"), KNOWN)
def test_known_answers(seed: int, op_seed: int, counter: int, words: str) -> None:
    blocks = philox(seed, op_seed, np.array([counter], np.uint64))
    assert blocks.dtype == np.uint32
    assert " ".join(f"{word:08x}" for word in blocks[0]) == words


def test_every_block_depends_on_its_counter_alone() -> None:
    counters = np.arange(2 * CHUNK + 3, dtype=np.uint64) * np.uint64(2**33)
    blocks = philox(42, 7, counters)
    chosen = [0, CHUNK - 1, CHUNK, -1]
    np.testing.assert_array_equal(blocks[chosen], philox(42, 7, counters[chosen]))
    assert len(np.unique(blocks, axis=0)) == len(blocks)


@pytest.mark.parametrize(("seed", "op_seed"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**64)])
def test_seeds_out_of_range_are_refused(seed: int, op_seed: int) -> None:
    with pytest.raises(ValueError, match="must be in"):
        philox(seed, op_seed, np.zeros(1, np.uint64))
