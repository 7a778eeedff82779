"""How texts are written rather than what they say: line ends, blanks, quotes, case, traces of encodings, length."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

MOST_ROWS = 20_000
MOST_CHARACTERS = 20_000  # of one text that are looked at, and as many at its end
_MARKS = {  # what is counted in a text: its name, and a pattern (RE2)
    "line breaks": r"\n",
    "carriage returns": r"\r",
    "tabs": r"\t",
    "doubled blanks": r"  ",
    "blanks at the end": r"\s\z",
    "blanks at the beginning": r"\A\s",
    "blanks before commas and stops": r" [.,;!?]",
    "no capital letter": r"\A[^A-Z]*\z",
    "no small letter": r"\A[^a-z]*[A-Z][^a-z]*\z",
    "a small first letter": r"\A\W*[a-z]",
    "no mark at the end": r"[\pL\pN]\s*\z",
    "straight double quotes": r'"',
    "curly double quotes": r"[“”]",
    "straight apostrophes": r"'",
    "curly apostrophes": r"[‘’]",
    "long dashes": r"[–—]",
    "ellipses of one character": r"…",
    "no-break and zero-width blanks": r"[\x{a0}\x{200b}-\x{200d}\x{2060}\x{feff}]",
    "damaged characters": r"\x{fffd}|Ã[\x{80}-\x{bf}]|â€|Â[\x{a0}-\x{bf}]",
    "HTML tags": r"</?[a-zA-Z][^>]{0,80}>",
    "HTML entities": r"&(?:[a-z]{2,6}|#\d{1,5});",
    "Markdown marks": r"\*\*|(?m:^#{1,6} |^[-*] |^\x60{3})",
    "backslashes": r"\\",
}
_ANCHORED = re.compile(r"\\A|\\z")
_CUT = "a length at which texts are cut"
NAMES = (*_MARKS, _CUT)
_PER = 1000.0  # characters to which counts refer, so that a long text is no other than a short one
_MOST_COUNTED = 20.0  # more of a mark than this says no more
_CUT_SHARE = 0.02  # texts of exactly the greatest length, for it to be a cut
_FEWEST_CUT = 10
_FEWEST_TEXTS = 20


@dataclass(frozen=True)
class TextFormat:
    """Counts of marks in 1,000 characters, for sampled rows with a label: a matrix for each text column.

    It has a column for each of `names`; what a text has or has not (a blank at the end) is 1 or 0.

    `length` is the number of characters of each text.
    """

    names: tuple[str, ...]
    rows: Int[np.ndarray, " sample"]
    counts: dict[str, Float[np.ndarray, "sample marks"]]
    length: dict[str, Float[np.ndarray, " sample"]]
    sampled: Sampled | None = None


@fact()
def text_format(dataset: Dataset, labels: Labels, row_keys: RowKeys) -> TextFormat:
    """How the texts of rows with a label are written: counts of marks, in up to 20,000 rows."""
    columns = dataset.of(role="feature", kind="text")
    if not columns:
        raise NotApplicable("no feature column of texts")
    n_known = int(labels.known.sum())
    if n_known < _FEWEST_TEXTS:
        raise NotApplicable(f"{n_known} rows with a label; at least {_FEWEST_TEXTS} are needed")
    rows = row_keys.sample(labels.known, MOST_ROWS)
    counts, length = {}, {}
    for column in columns:
        texts = pc.fill_null(dataset.values(column.name).take(pa.array(rows)), "").combine_chunks()
        length[column.name] = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.float64)
        counts[column.name] = _counted(texts, length[column.name])
    sampled = Sampled(what="texts looked at for how they are written", rows=len(rows), of=n_known)
    return TextFormat(NAMES, rows, counts, length, sampled if len(rows) < n_known else None)


def _counted(texts: pa.LargeStringArray, length: np.ndarray) -> np.ndarray:
    short = texts
    if length.max(initial=0) > 2 * MOST_CHARACTERS:
        ends = pc.utf8_slice_codeunits(texts, -MOST_CHARACTERS)
        whole = pc.less_equal(pa.array(length), 2 * MOST_CHARACTERS)
        begins = pc.utf8_slice_codeunits(texts, 0, MOST_CHARACTERS)
        short = pc.if_else(whole, texts, pc.binary_join_element_wise(begins, ends, pa.scalar("", pa.large_string())))
    out = np.empty((len(texts), len(NAMES)), order="F")
    seen = np.minimum(length, 2 * MOST_CHARACTERS)
    for place, pattern in enumerate(_MARKS.values()):
        found = pc.count_substring_regex(short, pattern).to_numpy(zero_copy_only=False)
        rate = found if _ANCHORED.search(pattern) else found * (_PER / np.maximum(seen, _PER / 10))
        out[:, place] = np.minimum(rate, _MOST_COUNTED)
    out[:, -1] = _is_cut(length)
    return out


def _is_cut(length: np.ndarray) -> np.ndarray:
    """Return which texts have exactly the greatest length, if so many have that it is a limit."""
    longest = length == length.max(initial=0)
    return longest & (longest.sum() >= max(_FEWEST_CUT, _CUT_SHARE * len(length))) & (length > 0)
