"""scikit-learn in the accuracy runs: counts are made once, then weighed on each fold's training rows alone."""

from functools import lru_cache

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

DEFAULT_THRESHOLD = 0.0


def estimator(options, multi):
    """The classifier of the options; one-against-rest where several labels may hold."""
    common = dict(C=options["c"], class_weight=options["class_weight"])
    if options["estimator"] == "svc":
        model = LinearSVC(**common)
        return OneVsRestClassifier(model) if multi else model
    if options["multinomial"]:
        return LogisticRegression(max_iter=1000, **common)
    return OneVsRestClassifier(LogisticRegression(solver="liblinear", **common))


def weighed(train, other, options):
    """TF-IDF of two count matrices; terms, df and idf are those of `train`."""
    df = np.bincount(train.indices, minlength=train.shape[1])
    kept = np.flatnonzero(df >= options["min_df"])
    tfidf = TfidfTransformer(sublinear_tf=options["sublinear"], use_idf=options["idf"])
    return tfidf.fit_transform(train[:, kept]), tfidf.transform(other[:, kept])


def decision(model, matrix, n_labels):
    """Decision values `[n_rows, n_labels]`, also of two labels; a label that a fold lacks is never the best."""
    values = model.decision_function(matrix)
    if values.ndim == 1:
        values = np.column_stack([-values, values])
    scores = np.full((matrix.shape[0], n_labels), -np.inf)
    scores[:, model.classes_] = values
    return scores


class SklearnPeer:
    """TF-IDF and LinearSVC or LogisticRegression, by the options' `estimator`."""

    default_threshold = DEFAULT_THRESHOLD

    def __init__(self, texts, gold, multi):
        self.texts, self.gold, self.multi = texts, gold, multi
        self.counts = lru_cache(maxsize=2)(self._counts)

    def _counts(self, analyzer, ngrams, pattern, stop_words):
        vectorizer = CountVectorizer(
            analyzer=analyzer,
            ngram_range=ngrams,
            token_pattern=pattern,
            stop_words=stop_words,
            dtype=np.float64,
        )
        return vectorizer, vectorizer.fit_transform(self.texts)

    def _vectorizer_and_counts(self, options):
        return self.counts(*(options[name] for name in ("analyzer", "ngrams", "pattern", "stop_words")))

    def _scores(self, train, rows, other, options):
        train, other = weighed(train, other, options)
        target = self.gold[rows] if self.multi else self.gold[rows].argmax(axis=1)
        return decision(estimator(options, self.multi).fit(train, target), other, self.gold.shape[1])

    def scores(self, train, held, options):
        """Scores of the training rows `held` from a model of the training rows `train`."""
        counts = self._vectorizer_and_counts(options)[1]
        return self._scores(counts[train], train, counts[held], options)

    def test_scores(self, texts, options):
        """Scores of other texts from a model of all training rows."""
        vectorizer, counts = self._vectorizer_and_counts(options)
        return self._scores(counts, np.arange(counts.shape[0]), vectorizer.transform(texts), options)
