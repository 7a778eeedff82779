"""The keyed function is SipHash-2-4, and does not depend on how it is cut into blocks."""

import numpy as np
import pytest

from holdfast.data.screening.watermarks.prf import scattered, siphash

KEY = (int.from_bytes(bytes(range(8)), "little"), int.from_bytes(bytes(range(8, 16)), "little"))


# Two of the vectors that come with the reference implementation: messages of 0 and of 8 bytes 00 01 02 …
@pytest.mark.parametrize(("message", "expected"), [(bytes(range(8)), "62249 39a79f5f593".replace(" ", ""))])
def test_reference_vector(message, expected):
    word = np.array([int.from_bytes(message, "little")], dtype=np.uint64)
    assert int(siphash(KEY, word)[0]).to_bytes(8, "little").hex() == expected


def _plain(key, words):
    """SipHash-2-4 in whole numbers, written from the paper."""
    mask = (1 << 64) - 1

    def turned(x, by):
        return (x << by | x >> (64 - by)) & mask

    v = [key[0] ^ 0x736F6D6570736575, key[1] ^ 0x646F72616E646F6D,
         key[0] ^ 0x6C7967656E657261, key[1] ^ 0x7465646279746573]  # fmt: skip

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & mask
            v[2] = (v[2] + v[3]) & mask
            v[1] = turned(v[1], 13) ^ v[0]
            v[3] = turned(v[3], 16) ^ v[2]
            v[0] = turned(v[0], 32)
            v[2] = (v[2] + v[1]) & mask
            v[0] = (v[0] + v[3]) & mask
            v[1] = turned(v[1], 17) ^ v[2]
            v[3] = turned(v[3], 21) ^ v[0]
            v[2] = turned(v[2], 32)

    for word in [*words, (8 * len(words) & 0xFF) << 56]:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


@pytest.mark.parametrize("words", [1, 2, 5])
def test_equals_the_paper_for_many_words_and_over_blocks(words):
    rng = np.random.default_rng(words)
    n = (1 << 15) + 3
    messages = [rng.integers(0, 1 << 64, n, dtype=np.uint64) for _ in range(words)]
    found = siphash(KEY, *messages)
    for at in (0, (1 << 15) - 1, 1 << 15, n - 1):
        assert int(found[at]) == _plain(KEY, [int(word[at]) for word in messages])


def test_bits_are_fair_and_keys_differ():
    words = np.arange(20_000, dtype=np.uint64)
    one, two = siphash(KEY, words), siphash((KEY[0] ^ 1, KEY[1]), words)
    bits = np.unpackbits((one ^ two).view(np.uint8))
    assert abs(bits.mean() - 0.5) < 5 * 0.5 / np.sqrt(len(bits))
    assert len(np.unique(scattered(one))) == len(words)
