"""Texts grouped by their words: one form stands for all texts that differ in case, punctuation and spaces only."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.data.bulk.bits import GOLDEN


@dataclass(frozen=True)
class Forms:
    """`of` numbers the form of each text, `first` is one text of each form, `size` how many it has.

    `sides` says for each split which texts stand in it. Forms are numbered by a hash of their words, so that nothing
    depends on the order of texts.
    """

    of: Int[np.ndarray, " texts"]
    first: Int[np.ndarray, " forms"]
    size: Int[np.ndarray, " forms"]
    sides: tuple[Bool[np.ndarray, " texts"], ...]

    @property
    def held(self) -> tuple[Bool[np.ndarray, " forms"], ...]:
        """Return for each side which forms have a text on it."""
        return tuple(self.one_of(side)[0] >= 0 for side in self.sides)

    def one_of(self, side: np.ndarray) -> tuple[Int[np.ndarray, " forms"], Int[np.ndarray, " forms"]]:
        """Return a text of each form on this side, and another one; -1 where there is none."""
        texts = np.flatnonzero(side)
        texts = texts[np.argsort(self.of[texts], kind="stable")]
        forms = self.of[texts]
        starts = np.flatnonzero(np.concatenate(([True], forms[1:] != forms[:-1]))) if len(forms) else forms
        one = np.full(len(self.first), -1, dtype=np.int64)
        other = one.copy()
        one[forms[starts]] = texts[starts]
        starts = starts[starts + 1 < len(forms)]
        starts = starts[forms[starts + 1] == forms[starts]]
        other[forms[starts]] = texts[starts + 1]
        return one, other

    def linked(
        self, a: np.ndarray, b: np.ndarray, distance: np.ndarray
    ) -> tuple[Int[np.ndarray, " links"], Int[np.ndarray, " links"], Float[np.ndarray, " links"]]:
        """Return pairs of texts that give each text of the near forms `a` and `b` its nearest on every side.

        A form paired with itself links its own texts. As many links as texts and sides, however many are alike.
        """
        itself = a == b
        inside = np.zeros(len(self.first), dtype=bool)
        inside[a[itself]] = True
        ends = np.concatenate([a[~itself], b[~itself]]), np.concatenate([b[~itself], a[~itself]])
        far = np.concatenate([distance[~itself], distance[~itself]])
        found = []
        for side in self.sides:
            one, other = self.one_of(side)
            found.append(self._within(inside, one, other))
            found.append(self._between(*ends, far, one, other))
        left, right, apart = (np.concatenate(each) for each in zip(*found, strict=True))
        return left, right, apart

    def _within(self, inside: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, ...]:
        texts = np.flatnonzero(inside[self.of])
        partner = one[self.of[texts]]
        partner = np.where(partner == texts, other[self.of[texts]], partner)
        there = partner >= 0
        return texts[there], partner[there], np.zeros(int(there.sum()))

    def _between(
        self, here: np.ndarray, there: np.ndarray, far: np.ndarray, one: np.ndarray, other: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return links to the nearest other form on a side, of texts without another text of their own form there."""
        has = one[there] >= 0
        here, there, far = here[has], there[has], far[has]
        order = np.lexsort((there, -far, here))
        nearest, apart = np.full(len(self.first), -1, dtype=np.int64), np.zeros(len(self.first))
        nearest[here[order]], apart[here[order]] = one[there[order]], far[order]  # the nearest is written last
        texts = np.flatnonzero(nearest[self.of] >= 0)
        form = self.of[texts]
        alone = (one[form] < 0) | ((one[form] == texts) & (other[form] < 0))
        texts, form = texts[alone], form[alone]
        return texts, nearest[form], apart[form]


def forms_of(normals: tuple[np.ndarray, ...], sides: tuple[np.ndarray, ...]) -> Forms:
    """Return the forms of texts that are equal in all of `normals`."""
    total = normals[0].copy()
    with np.errstate(over="ignore"):
        for normal in normals[1:]:
            total = total * GOLDEN + normal
    _, first, of, size = np.unique(total, return_index=True, return_inverse=True, return_counts=True)
    return Forms(of.reshape(-1), first, size, sides)
