"""The grids that options are chosen from, and the staged search over them.

A stage is a list of changes to the best options so far; each is measured by cross-validation on the
training rows and the best is kept for the next stage. Sets with more text than `LARGE_BYTES` have a
smaller grid. There, and for fastText everywhere, a stage is a race: every change is measured on the
first fold, and the best two on all five.
"""

from itertools import product

LARGE_BYTES = 3_000_000
RACE_KEPT = 2


def every(**choices):
    """All combinations of the choices, as changes."""
    return [dict(zip(choices, values)) for values in product(*choices.values())]


WORDS, ALL_WORDS, WORDS_AND_MARKS = r"(?u)\b\w\w+\b", r"(?u)\b\w+\b", r"(?u)\w+|[^\w\s]"

VECTORIZER = dict(
    analyzer="word", ngrams=(1, 2), pattern=WORDS, stop_words=None, min_df=2, sublinear=True, idf=True
)
SVC_START = dict(VECTORIZER, estimator="svc", c=1.0, class_weight=None)
LR_START = dict(VECTORIZER, estimator="lr", c=10.0, class_weight=None, multinomial=False)
WEIGHTINGS = every(min_df=[1, 2], sublinear=[True, False], idf=[True, False])
COSTS = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]

SMALL_VECTORIZER = [
    every(analyzer=["word"], ngrams=[(1, 1), (1, 2), (1, 3)], pattern=[WORDS, ALL_WORDS, WORDS_AND_MARKS])
    + every(analyzer=["char_wb"], ngrams=[(3, 5)]),
    every(stop_words=[None, "english"]),
    WEIGHTINGS,
]
LARGE_VECTORIZER = [
    every(ngrams=[(1, 1), (1, 2)], pattern=[WORDS, WORDS_AND_MARKS]),
    every(stop_words=[None, "english"]),
    every(min_df=[1, 2], sublinear=[True, False]) + every(idf=[False]),
]
SMALL_COSTS = every(c=COSTS, class_weight=[None, "balanced"])
LARGE_COSTS = [every(c=[0.1, 0.3, 1.0, 3.0, 10.0, 30.0]), every(class_weight=[None, "balanced"])]

FASTTEXT_START = dict(lr=0.5, epoch=25, word_ngrams=2, dim=10, min_count=1, minn=0, maxn=0, bucket=200_000)
SMALL_FASTTEXT = [
    every(lr=[0.1, 0.25, 0.5, 1.0], epoch=[10, 25, 50]),
    every(word_ngrams=[1, 2, 3], min_count=[1, 2]),
    every(minn=[0], maxn=[0]) + every(minn=[2], maxn=[4]) + every(minn=[3], maxn=[5]),
    every(dim=[10, 50, 100]),
]
LARGE_FASTTEXT = [
    every(lr=[0.25, 0.5, 1.0], epoch=[10, 25]),
    every(word_ngrams=[1, 2], min_count=[1, 2]),
    every(dim=[10, 50]),
]

# What is taken for a set that is too large to search.
FIXED = {
    "svc": SVC_START,
    "lr": LR_START,
    "fasttext": dict(FASTTEXT_START, bucket=2_000_000),
    "demarche": "--no-cv --ngram-range 1,2 --c 10 --class-weight none",
}


def grid(peer, large):
    """Where a peer's search starts, and its stages."""
    if peer == "fasttext":
        if large:
            return dict(FASTTEXT_START, bucket=2_000_000), LARGE_FASTTEXT
        return FASTTEXT_START, SMALL_FASTTEXT
    vectorizer = LARGE_VECTORIZER if large else SMALL_VECTORIZER
    costs = LARGE_COSTS if large else [SMALL_COSTS]
    if peer == "svc":
        return SVC_START, vectorizer + costs
    softmax = [] if large else [every(multinomial=[False, True], c=[3.0, 10.0, 30.0, 100.0])]
    return LR_START, vectorizer + costs + softmax


def unique(changes):
    """In the order given, without repeats."""
    return [change for at, change in enumerate(changes) if change not in changes[:at]]


def search(measure, start, stages, race, n_folds, report):
    """The best options by mean figure over the folds. `measure(options, fold)` gives one figure."""
    known = {}

    def mean(options, folds):
        for fold in folds:
            key = (repr(sorted(options.items())), fold)
            if key not in known:
                known[key] = measure(options, fold)
        return sum(known[repr(sorted(options.items())), fold] for fold in folds) / len(folds)

    best = start
    for number, stage in enumerate(stages, 1):
        candidates = unique([best] + [{**best, **change} for change in stage])
        if race:
            candidates = sorted(candidates, key=lambda options: -mean(options, [0]))[:RACE_KEPT]
        best = max(candidates, key=lambda options: mean(options, range(n_folds)))
        report(f"stage {number} of {len(stages)}: {mean(best, range(n_folds)):.4f} {best}")
    return best, mean(best, range(n_folds))
