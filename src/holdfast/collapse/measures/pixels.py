"""Pictures as their pixels: how different they are from each other, and how rough each is."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.sound import pictures
from holdfast.collapse.samples import Images
from holdfast.core.errors import BadInput, NotApplicable


@measure(unit="share of the real")
def pixel_variance(sample: Images, real: Images) -> float:
    """Variance of the pixels over pictures, as a share of the real sample's.

    Formula: Σ over pixels of the variance over pictures, sample/real, both unbiased.

    Caveat: noise makes it high, and a shift of one pixel counts as another picture.

    Source: Rao 1982, Diversity and dissimilarity coefficients (quadratic entropy with squared distances).
    """
    some, true = _pair(sample, real, least=2)
    whole = float(true.var(axis=0, ddof=1).sum())
    if whole <= 0:
        raise NotApplicable("all real pictures are the same")
    return float(some.var(axis=0, ddof=1).sum()) / whole


@measure(unit="share of the real")
def roughness(sample: Images, real: Images) -> float:
    """Total variation within a picture, as a share of the real sample's.

    Below 1 pictures are blurred, as those of variational autoencoders become from generation to generation; above 1
    they are noisy.

    Formula: mean over pictures of Σ (|x − right neighbour| + |x − lower neighbour|), sample/real.

    Caveat: says nothing of how different the pictures are from each other.

    Source: Rudin, Osher & Fatemi 1992, Nonlinear total variation based noise removal algorithms.
    """
    some, true = _pair(sample, real, least=1)
    whole = _variation(true)
    if whole <= 0:
        raise NotApplicable("each real picture is of one colour")
    return _variation(some) / whole


def _variation(pixels: np.ndarray) -> float:
    sums = sum(float(np.abs(np.diff(pixels, axis=axis)).sum()) for axis in (1, 2))
    return sums / len(pixels)


def _pair(sample: Images, real: Images, least: int) -> tuple[np.ndarray, np.ndarray]:
    some, true = pictures(sample, least), pictures(real, least)
    if some.shape[1:] != true.shape[1:]:
        raise BadInput(
            f"pictures of {some.shape[1:]} cannot be compared with those of {true.shape[1:]}; bring them to one size"
        )
    return some, true
