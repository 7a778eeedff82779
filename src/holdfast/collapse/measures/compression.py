"""How far texts can be compressed."""

import zlib

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import documents, drawn
from holdfast.collapse.measuring.subsets import by_content
from holdfast.collapse.samples import Texts

_LEVEL = 6  # zlib's own middle


@measure(good="low", unit="length before/after")
def compression_ratio(sample: Texts, *, draws: int | None = None) -> float:
    """Compression ratio: how many times shorter the documents become when compressed.

    The documents are put in an order by their content alone (so that the order they came in does not count), joined,
    cut to a fixed number of bytes of UTF-8, and compressed by zlib.

    Formula: bytes before/bytes after.

    Caveat: zlib looks back over 32 kB, so what is repeated further away counts only where whole documents are the
    same: these stand beside each other. The ratio grows with the number of bytes.

    Source: Shaib et al. 2024, Standardizing the measurement of text diversity; the code of its package `diversity`
    measures a stream that is compressed twice, so its numbers are others.
    """
    texts = documents(sample)
    whole = "\n".join(texts[i] for i in by_content(sample).tolist()).encode("utf-8", "surrogatepass")
    part = whole[: drawn(draws, len(whole), "bytes")]
    return len(part) / len(zlib.compress(part, _LEVEL))
