"""Labelled rows in JSONL, and the text forms that fastText and Vowpal Wabbit read."""

import gzip
import json
import string
from dataclasses import dataclass

# Marks are parted from words as fastText's own examples do. One `replace` a mark over a whole batch is
# several times faster than a regular expression over each text.
MARKS = [mark for mark in string.punctuation if mark != "_"]


@dataclass
class Rows:
    """Texts and the labels of each: one in a single-label set, any number in a multi-label set."""

    texts: list
    labels: list
    multi: bool

    def __len__(self):
        return len(self.texts)


def objects(path):
    """The JSON objects of a file, gzipped or not, one a line."""
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.isspace():
                yield json.loads(line)


def read(path):
    """Rows `{"text", "label"}` or `{"text", "labels"}`; blanks around a label are no part of it."""
    texts, labels, multi = [], [], False
    for row in objects(path):
        multi = "labels" in row
        texts.append(row["text"])
        labels.append([label.strip() for label in (row["labels"] if multi else [row["label"]])])
    if not texts:
        raise SystemExit(f"{path}: no rows")
    return Rows(texts, labels, multi)


def text_bytes(texts):
    """UTF-8 bytes of the texts alone: what MB/s counts."""
    return sum(len(text.encode("utf-8")) for text in texts)


def _lines(texts, around):
    batch = "\n".join(" ".join(text.split()) for text in texts).lower()
    for mark in MARKS:
        batch = batch.replace(mark, around.format(mark))
    return batch.split("\n")


def separated(texts):
    """One lower-cased line a text, punctuation marks standing apart: fastText's input."""
    return _lines(texts, " {} ")


def unmarked(texts):
    """One lower-cased line a text without punctuation marks, two of which part VW's namespaces and weights."""
    return _lines(texts, " ")


def label_names(rows):
    """The labels of a set in alphabetical order."""
    return sorted({label for labels in rows.labels for label in labels})
