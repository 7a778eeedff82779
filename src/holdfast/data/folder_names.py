"""What the names of folders say, in words: classes and splits."""

from collections import Counter
from collections.abc import Iterator, Sequence

from holdfast.core.text import and_more, one_line

MOST_NAMED = 5
Layout = Sequence[tuple[str | None, str | None, str]]  # split, class, file


def described(layout: Layout, what: str) -> Iterator[str]:
    """Yield what the folders of `what` ("images", "documents") name."""
    labels = Counter(label for _, label, _ in layout if label is not None)
    splits = Counter(split for split, _, _ in layout if split is not None)
    if labels:
        shown = and_more([one_line(label, 30) for label, _ in labels.most_common()], MOST_NAMED)
        yield f"{len(layout):,} {what}; folders name {len(labels):,} classes: {shown}"
    else:
        yield f"{len(layout):,} {what}; no folders that name classes"
    if splits:
        yield "folders name the splits: " + ", ".join(f"{name} ({n:,})" for name, n in splits.items())
