#!/usr/bin/env python3
"""scikit-learn as a program: TF-IDF of words 1-2 and a linear classifier, JSONL in and JSONL out.

sklearn_cli.py train svc T.jsonl model.pickle --c 1
sklearn_cli.py classify E.jsonl model.pickle E.out.jsonl
"""

import argparse
import json
import pickle

from convert import batches


def train(kind, source, model, c):
    """`svc`: LinearSVC. `lr`: logistic regression, one against the rest as demarche fits it."""
    from rows import read
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    data = read(source)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    estimator = (
        LinearSVC(C=c) if kind == "svc" else OneVsRestClassifier(LogisticRegression(C=c, solver="liblinear"))
    )
    estimator.fit(vectorizer.fit_transform(data.texts), [labels[0] for labels in data.labels])
    with open(model, "wb") as file:
        pickle.dump((vectorizer, estimator), file, protocol=pickle.HIGHEST_PROTOCOL)


def classify(source, model, target):
    """The source's lines with `predicted` and `scores` at their end."""
    with open(model, "rb") as file:
        vectorizer, estimator = pickle.load(file)
    quoted = [json.dumps(name) for name in estimator.classes_]
    form = ", ".join(f"{name}: %.5f" for name in quoted)
    with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
        for batch in batches(lines):
            scores = estimator.decision_function(
                vectorizer.transform([json.loads(line)["text"] for line in batch])
            )
            for line, row, best in zip(batch, scores.tolist(), scores.argmax(axis=1)):
                out.write(
                    f'{line.rstrip()[:-1]}, "predicted": {quoted[best]}, "scores": {{{form % tuple(row)}}}}}\n'
                )


def parsed():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    jobs = parser.add_subparsers(dest="job", required=True)
    training = jobs.add_parser("train")
    training.add_argument("kind", choices=["svc", "lr"])
    training.add_argument("--c", type=float, default=1.0, help="cost of a sample [default: %(default)s]")
    classifying = jobs.add_parser("classify")
    for job in (training, classifying):
        job.add_argument("source", help="JSONL with three labels or more")
        job.add_argument("model")
    classifying.add_argument("target", help="JSONL")
    return parser.parse_args()


def main():
    """Train or classify."""
    arguments = parsed()
    if arguments.job == "train":
        train(arguments.kind, arguments.source, arguments.model, arguments.c)
    else:
        classify(arguments.source, arguments.model, arguments.target)


if __name__ == "__main__":
    main()
