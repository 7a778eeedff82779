"""A source of text that needs no file: small tales from a grammar, with subjects and words from common to very rare.

Within a tale most sentences stay with its subject, nouns ask for the verbs of their subject, and all choices follow
Zipf's law, so that there is a tail to lose in subjects, words and pairs of words.
"""

import numpy as np

_SUBJECTS = (
    ("keeper boat sailor harbour net gull tide lantern captain rope wave shore anchor pilot reef whale",
     "watched mended sailed followed hauled crossed feared charted",
     "old grey salty narrow distant silent torn northern"),
    ("farmer field horse barn orchard ploughman hen well fence harvest mill shepherd lamb ditch scythe hive",
     "ploughed fed planted guarded gathered cut counted sheared",
     "green muddy ripe heavy early patient brown dry"),
    ("baker street market bridge clerk tower square merchant coin door tailor window crowd guild cellar bell",
     "sold opened praised carried bought locked swept weighed",
     "busy narrow crooked loud warm honest rich late"),
    ("hunter forest wolf path oak stream woodcutter fox snow owl hollow deer moss cabin trap raven",
     "tracked heard climbed felled warned startled hid found",
     "dark frozen tall quiet hungry hidden steep wild"),
    ("scholar book lamp letter map library riddle ink student page theorem archive globe quill proof star",
     "read copied doubted translated solved measured forgot explained",
     "dusty learned curious blank famous faint long strange"),
)  # fmt: skip
_PLACES = ("near", "beyond", "behind", "under", "beside", "above", "across", "inside")
_ADVERBS = ("slowly", "again", "often", "gladly", "twice", "early", "alone", "never")
_JOINED = ("and", "while", "but", "because", "until")
# Parts of a sentence; the shares are made up so that short forms are common and joined sentences are rare.
_FORMS = (
    (0.30, "the N V the N ."),
    (0.24, "the A N V the N ."),
    (0.18, "the N V the A N P the N ."),
    (0.12, "the N R V a N ."),
    (0.09, "P the A N , the N V the N ."),
    (0.07, "the N V the N , J the A N R V a N ."),
)
_STAYS = 0.85  # chance that the next sentence has the same subject


def tales(words: int, rng: np.random.Generator) -> str:
    """Return a text of at least so many words."""
    sentences = words // 6 + 1  # the shortest form has six
    forms = [form.split() for _, form in _FORMS]
    which = rng.choice(len(forms), sentences, p=[share for share, _ in _FORMS])
    moves = rng.random(sentences) > _STAYS
    moves[0] = True
    jumps = _zipf(len(_SUBJECTS), sentences, rng)
    subjects = jumps[np.maximum.accumulate(np.where(moves, np.arange(sentences), 0))]
    nouns, verbs, adjectives = ([part[k].split() for part in _SUBJECTS] for k in range(3))
    slots = {"N": (nouns, 16), "V": (verbs, 8), "A": (adjectives, 8)}
    shared = {"P": _PLACES, "R": _ADVERBS, "J": _JOINED}
    picks = {one: iter(_zipf(many, 4 * sentences, rng).tolist()) for one, (_, many) in slots.items()}
    picks |= {one: iter(_zipf(len(all_), 4 * sentences, rng).tolist()) for one, all_ in shared.items()}
    written: list[str] = []
    for form, subject in zip(which.tolist(), subjects.tolist(), strict=True):
        for part in forms[form]:
            if part in slots:
                written.append(slots[part][0][subject][next(picks[part])])
            else:
                written.append(shared[part][next(picks[part])] if part in shared else part)
    return " ".join(written)


def _zipf(kinds: int, size: int, rng: np.random.Generator) -> np.ndarray:
    shares = 1.0 / np.arange(1, kinds + 1)
    return rng.choice(kinds, size, p=shares / shares.sum())
