#!/usr/bin/env python3
"""How well the paragraphs of articles come out of pages: demarche beside trafilatura, readability-lxml and jusText.

usage: extractors.py PAGES [--demarche target/release/demarche] [--frozen]

PAGES is a folder like fixtures/pages: pages of HTML, also gzipped, and gold.jsonl, a line a page with its paragraphs. Texts
are compared by their letters and digits. A gold paragraph is found where exactly one paragraph of the output has its text, no
more and no less; a paragraph of the output is right where it is a gold one, a part of one or the title. --frozen takes
the pages alone that the shipped model was not trained on. Time is CPU time of one process, start included.
"""
import argparse
import collections
import gzip
import json
import resource
import subprocess
import sys
from pathlib import Path


def letters(text):
    return "".join(c for c in text.lower() if c.isalnum())


def html(path):
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def trafilatura(paths):
    import trafilatura as peer

    for path in paths:
        text = peer.extract(html(path), include_comments=False, include_tables=False)
        yield (text or "").split("\n")


def readability(paths):
    import lxml.html
    from readability import Document

    blocks = "p li h1 h2 h3 h4 h5 h6 blockquote pre td dt dd figcaption".split()
    for path in paths:
        page = html(path)
        root = lxml.html.fromstring(Document(page.decode("utf8", "replace")).summary() or "<p>")
        found = [e for e in root.iter(*blocks) if not any(c.tag in blocks for c in e.iterdescendants())]
        yield [" ".join(e.text_content().split()) for e in found]


def justext(paths):
    import justext as peer

    stop = peer.get_stoplist("English")
    for path in paths:
        yield [p.text for p in peer.justext(html(path), stop) if not p.is_boilerplate]


def demarche(paths, program):
    command = [program, "extract", "--format", "jsonl", "--threads", "1", *map(str, paths)]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    by_page = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        row = json.loads(line)
        by_page[row["doc"]].append(row["text"])
    for path in paths:
        yield by_page[str(path)]


def figures(pages, outputs):
    n_gold = found = n_out = right = 0
    for page, output in zip(pages, outputs):
        gold = collections.Counter(letters(p) for p in page["paragraphs"])
        out = [letters(p) for p in output]
        out = [p for p in out if p]
        count = collections.Counter(out)
        n_gold += sum(gold.values())
        found += sum(n for p, n in gold.items() if count[p] == n)
        title = letters(page.get("title") or "")
        is_part = lambda p: len(p) > 20 and any(p in g for g in gold)
        n_out += len(out)
        right += sum(p in gold or p == title or is_part(p) for p in out)
    return found / max(n_gold, 1), right / max(n_out, 1)


def cpu():
    return sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--demarche", default="target/release/demarche")
    parser.add_argument("--frozen", action="store_true")
    args = parser.parse_args()
    pages = [json.loads(line) for line in (args.pages / "gold.jsonl").open(encoding="utf8")]
    pages = [page for page in pages if page.get("frozen") or not args.frozen]
    paths = [args.pages / page["page"] for page in pages]
    megabytes = sum(len(html(path)) for path in paths) / 1e6
    sides = {
        "demarche": lambda: demarche(paths, args.demarche),
        "trafilatura": lambda: trafilatura(paths),
        "readability-lxml": lambda: readability(paths),
        "jusText": lambda: justext(paths),
    }
    print("| extractor | found | right | MB/s |\n|---|---|---|---|")
    for name, side in sides.items():
        try:
            started = cpu()
            outputs = list(side())
            speed = megabytes / (cpu() - started)
        except ImportError as error:
            print(f"{name} is not installed: {error}", file=sys.stderr)
            continue
        found, right = figures(pages, outputs)
        print(f"| {name} | {found:.3f} | {right:.3f} | {speed:.1f} |")


if __name__ == "__main__":
    main()
