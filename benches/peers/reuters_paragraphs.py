#!/usr/bin/env python3
"""Makes the speed sets p20k and p200k from Reuters-21578: paragraphs labelled with their article's topic.

A paragraph's label is the first of eight topics that its article has, or `other`. Articles whose number
5 divides are for testing, so that no article stands on both sides. p20k is wholly real; p200k's
training rows repeat the real paragraphs with words dropped, words swapped for others and digits
changed, which keeps the growth of the vocabulary near that of real text. The same seed gives the same rows.

  reuters_paragraphs.py reuters21578/ sets/      reads reut2-000.sgm to reut2-021.sgm
"""

import argparse
import html
import json
import random
import re
from itertools import cycle, islice
from pathlib import Path

TOPICS = ["earn", "acq", "money-fx", "grain", "crude", "trade", "interest", "ship"]
ARTICLE = re.compile(r'<REUTERS [^>]*NEWID="(\d+)">(.*?)</REUTERS>', re.DOTALL)
TOPIC = re.compile(r"<D>(.*?)</D>")
BODY = re.compile(r"<BODY>(.*?)</BODY>", re.DOTALL)
INDENTED = re.compile(r"\n(?= {4})|\n\s*\n")
SHORTEST = 60
DROPPED, SWAPPED = 0.08, 0.05
SEED = 21578


def paragraphs(folder):
    """Rows of all articles with a body, each with its article's number."""
    for path in sorted(Path(folder).glob("reut2-*.sgm")):
        for number, article in ARTICLE.findall(path.read_text(encoding="latin-1")):
            topics = TOPIC.findall(article.split("</TOPICS>")[0])
            label = next((topic for topic in topics if topic in TOPICS), "other")
            for body in BODY.findall(article):
                for part in INDENTED.split(html.unescape(body)):
                    text = " ".join(part.split())
                    if len(text) >= SHORTEST:
                        yield int(number), {"text": text, "label": label}


def changed(text, random_source, vocabulary):
    """A text like this one but not the same."""
    words = []
    for word in text.split():
        draw = random_source.random()
        if draw < DROPPED:
            continue
        if draw < DROPPED + SWAPPED:
            word = random_source.choice(vocabulary)
        words.append(re.sub(r"\d", lambda _: str(random_source.randrange(10)), word))
    return " ".join(words) or text


def grown(rows, n_rows, random_source):
    """The rows, then changed ones until there are so many, in random order."""
    vocabulary = sorted({word for row in rows for word in row["text"].split()})
    more = ({**row, "text": changed(row["text"], random_source, vocabulary)} for row in cycle(rows))
    every = rows[:n_rows] + list(islice(more, max(0, n_rows - len(rows))))
    random_source.shuffle(every)
    return every


def write(folder, train, test):
    """A set's two files."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", train), ("test", test)):
        with open(folder / f"{part}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main():
    """Reads the collection, writes both sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", help="folder with reut2-000.sgm to reut2-021.sgm")
    parser.add_argument("sets", type=Path, help="folder to make p20k and p200k in")
    arguments = parser.parse_args()
    random_source = random.Random(SEED)
    numbered = list(paragraphs(arguments.collection))
    if not numbered:
        raise SystemExit(f"{arguments.collection}: no reut2-*.sgm with articles")
    train = [row for number, row in numbered if number % 5]
    test = [row for number, row in numbered if number % 5 == 0]
    for rows in (train, test):
        random_source.shuffle(rows)
    write(arguments.sets / "p20k", train[:20_000], test[:5_000])
    write(arguments.sets / "p200k", grown(train, 200_000, random_source), test)


if __name__ == "__main__":
    main()
