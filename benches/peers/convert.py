#!/usr/bin/env python3
"""JSONL to what fastText and Vowpal Wabbit read, and their scores back to JSONL.

The way back puts label and scores at the end of the input's own line, so that nothing is parsed or
quoted anew: the least work that gives the text and all scores as JSONL.

  convert.py to fasttext T.jsonl T.txt --labels names.json      also writes names.json
  convert.py to vw E.jsonl E.txt
  convert.py back fasttext E.jsonl E.scores E.out.jsonl --names names.json
"""

import argparse
import json
from itertools import islice

from rows import label_names, objects, read, separated, unmarked

BATCH = 2000


def batches(iterable):
    """Lists of up to BATCH items."""
    items = iter(iterable)
    while batch := list(islice(items, BATCH)):
        yield batch


FORMS = {
    "fasttext": (separated, "__label__{} {}\n", "{}\n"),
    "vw": (unmarked, "{} |w {}\n", "|w {}\n"),
}


def write_labelled(form, source, target, names_path):
    """A labelled file; labels are numbered from 1 in alphabetical order, which VW demands."""
    lines, labelled, _ = FORMS[form]
    data = read(source)
    names = label_names(data)
    number = {name: k for k, name in enumerate(names, 1)}
    with open(names_path, "w", encoding="utf-8") as file:
        json.dump(names, file)
    with open(target, "w", encoding="utf-8") as file:
        for batch in batches(zip(lines(data.texts), data.labels)):
            file.writelines(labelled.format(number[labels[0]], line) for line, labels in batch)


def write_unlabelled(form, source, target):
    """A file to classify."""
    lines, _, unlabelled = FORMS[form]
    with open(target, "w", encoding="utf-8") as file:
        for batch in batches(row["text"] for row in objects(source)):
            file.writelines(map(unlabelled.format, lines(batch)))


def fasttext_pairs(line):
    """`__label__2 0.9 __label__1 0.1`: best first."""
    words = line.split()
    return words[0], zip(words[::2], words[1::2])


def vw_pairs(line):
    """` 1:-2.1 2:0.7`, in the labels' order."""
    pairs = [word.split(":") for word in line.split()]
    return max(pairs, key=lambda pair: float(pair[1]))[0], pairs


BACK = {"fasttext": (fasttext_pairs, "__label__{}"), "vw": (vw_pairs, "{}")}


def write_back(form, source, scores, target, names_path):
    """The source's lines with `predicted` and `scores` at their end."""
    pairs_of, key = BACK[form]
    with open(names_path, encoding="utf-8") as file:
        quoted = {key.format(k): json.dumps(name) for k, name in enumerate(json.load(file), 1)}
    with (
        open(source, encoding="utf-8") as rows,
        open(scores, encoding="utf-8") as lines,
        open(target, "w", encoding="utf-8") as file,
    ):
        for row, line in zip(rows, lines, strict=True):
            best, pairs = pairs_of(line)
            each = ", ".join([f"{quoted[label]}: {score}" for label, score in pairs])
            file.write(f'{row.rstrip()[:-1]}, "predicted": {quoted[best]}, "scores": {{{each}}}}}\n')


def parsed():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ways = parser.add_subparsers(dest="way", required=True)
    to = ways.add_parser("to", help="JSONL to the peer's format")
    to.add_argument("--labels", metavar="NAMES", help="write labels too, and their names to this file")
    back = ways.add_parser("back", help="the peer's scores to JSONL")
    back.add_argument("--names", required=True, help="the names that `to --labels` wrote")
    for way in (to, back):
        way.add_argument("form", choices=FORMS)
        way.add_argument("source", help="JSONL")
    back.add_argument("scores")
    for way in (to, back):
        way.add_argument("target")
    return parser.parse_args()


def main():
    """One conversion."""
    arguments = parsed()
    if arguments.way == "back":
        write_back(arguments.form, arguments.source, arguments.scores, arguments.target, arguments.names)
    elif arguments.labels:
        write_labelled(arguments.form, arguments.source, arguments.target, arguments.labels)
    else:
        write_unlabelled(arguments.form, arguments.source, arguments.target)


if __name__ == "__main__":
    main()
