"""Reference values for TF-IDF features, from scikit-learn.

Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1. From the root of the repository:

    python tests/reference/tfidf.py > tests/reference/tfidf.json

The documents of `corpus` are token lists joined by a space, fitted by
TfidfVectorizer(analyzer=...) on str.split and word n-grams joined by a space.
`fitted` and `unseen` are matrices as [row, column, value] triplets in row-major
order; columns index `vocabulary`, which is sorted by code point. max_features is
only asked to cut between terms of different counts: among equal ones scikit-learn
keeps whichever an unstable argsort puts first, so there is nothing to be equal to.
In `params` a min_df or max_df written with a point is a share of the documents, and
one without a count of them.
`char_wb` is a plain count of padded character n-grams, [term, count] by document.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

CORPUS = [
    "the tariff trade china tariff steel",
    "the trade talks resume in the geneva hall this week",
    "the navy ship sails the taiwan strait",
    "china protests the navy ship in taiwan strait",
    "chip export controls hit the china chip makers",
    "the export controls on chip tools widen",
    "students and scholars return to china with the panda",
    "the trade deal near as tariff pause holds",
    "the the the navy the ship the strait of china",
    "panda diplomacy returns with two pandas to china",
    "",
    "export controls chip trade tariff chip trade tariff chip",
]

UNSEEN = [
    "china tariff on unheardof chip chip china widget",
    "",
    "nothing known here at all",
]

BASE = {
    "min_df": 1,
    "max_df": 1.0,
    "max_features": None,
    "ngram_range": [1, 1],
    "sublinear_tf": False,
    "use_idf": True,
    "smooth_idf": True,
    "norm": "l2",
}

CASES = [
    ("defaults", {}),
    ("sublinear", {"sublinear_tf": True}),
    ("without idf", {"use_idf": False}),
    ("sublinear without idf", {"use_idf": False, "sublinear_tf": True}),
    ("min_df 2", {"min_df": 2}),
    ("min_df 0.25", {"min_df": 0.25}),
    ("max_df 0.7", {"max_df": 0.7, "ngram_range": [1, 2]}),
    ("max_df 0.3", {"max_df": 0.3}),
    ("max_df 5", {"max_df": 5}),
    ("max_df 1, an integer", {"max_df": 1}),
    ("max_features 10", {"max_features": 10}),
    ("max_features after max_df", {"max_features": 4, "max_df": 0.7}),
    ("bigrams", {"ngram_range": [1, 2], "sublinear_tf": True}),
    ("only bigrams", {"ngram_range": [2, 2]}),
    ("trigrams", {"ngram_range": [1, 3], "min_df": 2}),
    ("trigrams, sublinear, min_df 1", {"ngram_range": [1, 3], "sublinear_tf": True, "min_df": 1}),
]

CHAR_WB = ["us china chip", "a  war of words", "café 中美 ok"]


def triplets(matrix):
    matrix = matrix.tocsr()
    matrix.sort_indices()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return [
        [int(r), int(c), float(v)] for r, c, v in zip(rows, matrix.indices, matrix.data)
    ]


def assert_clean_cut(params):
    """No two terms of equal count stand on either side of the max_features cut."""
    names = ("min_df", "max_df")
    counter = CountVectorizer(
        analyzer=str.split, **{name: params[name] for name in names}
    )
    counts = np.sort(np.asarray(counter.fit_transform(CORPUS).sum(axis=0)).ravel())[::-1]
    cut = params["max_features"]
    assert params["ngram_range"] == [1, 1] and counts[cut - 1] > counts[cut], counts


def case(name, changed):
    params = {**BASE, **changed}
    if params["max_features"]:
        assert_clean_cut(params)
    vectorizer = TfidfVectorizer(
        tokenizer=str.split,
        token_pattern=None,
        lowercase=False,
        **{**params, "ngram_range": tuple(params["ngram_range"])},
    )
    fitted = vectorizer.fit_transform(CORPUS)
    return {
        "name": name,
        "params": params,
        "vocabulary": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.tolist() if params["use_idf"] else None,
        "fitted": triplets(fitted),
        "unseen": triplets(vectorizer.transform(UNSEEN)),
    }


def char_wb():
    analyze = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).build_analyzer()
    documents = []
    for text in CHAR_WB:
        counts = {}
        for term in analyze(text):
            counts[term] = counts.get(term, 0) + 1
        documents.append({"text": text, "counts": [[t, counts[t]] for t in sorted(counts)]})
    return {"ngram_range": [3, 5], "documents": documents}


def main():
    json.dump(
        {
            "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
            "corpus": CORPUS,
            "unseen": UNSEEN,
            "cases": [case(*c) for c in CASES],
            "char_wb": char_wb(),
        },
        sys.stdout,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    print()


main()
