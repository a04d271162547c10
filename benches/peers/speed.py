#!/usr/bin/env python3
"""Speed and memory of demarche beside scikit-learn, fastText and Vowpal Wabbit, in one session on one machine.

Every figure is a whole process: wall, CPU (user and system) and peak memory from the kernel's accounting,
medians of the runs, pinned to one core unless the line says two; the sides take turns within each run.
Prints Markdown tables and keeps all raw runs, commands, versions and the machine in a JSON file.

Files are JSONL, rows {"text", "label"}, three labels or more. MB/s counts the UTF-8 bytes of the texts alone.
The big file is the last set's training rows repeated, made in the temporary folder and removed.

  speed.py --set p20k p20k/train.jsonl p20k/test.jsonl --set p200k p200k/train.jsonl p200k/test.jsonl --raw speed.json
  speed.py --set p20k p20k/train.jsonl p20k/test.jsonl --raw quick.json --runs 1 --cold-runs 3 --big-mb 100
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import report
import rows
from measure import Job, machine, round_robin
from sides import DEMARCHE_OPTIONS, FASTTEXT_OPTIONS, Demarche, Fasttext, Sklearn, Vw


@dataclass
class Set:
    """Rows to train on, rows to count right labels on, and a folder for models and outputs."""

    name: str
    train: Path
    test: Path
    folder: Path


def note(line):
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def sides_of(arguments, data):
    """demarche, then the peers."""
    training = [*arguments.demarche_options.split(), "--c", str(arguments.c)]
    n_labels = len(rows.label_names(rows.read(data.train)))
    sides = [
        Demarche(arguments.demarche, training=training),
        Sklearn("svc", arguments.c),
        Sklearn("lr", arguments.c),
        Fasttext(arguments.fasttext, arguments.fasttext_options),
        Vw(n_labels),
    ]
    return [side for side in sides if side.name == "demarche" or not arguments.only_demarche]


def train_jobs(data, sides):
    """Read, featurize and fit at fixed options."""
    return [Job(f"train {data.name}", side.name, side.train(data.train, data.folder)) for side in sides]


def classify_jobs(data, source, sides, program):
    """JSONL to JSONL by the set's models; LR does the same work as LinearSVC and is left out."""
    able = [side for side in sides if side.name != "scikit-learn LR"] + [Demarche(program, unit="paragraph")]
    return [
        Job(f"classify, {data.name} model", side.name, side.classify(source, data.folder)) for side in able
    ]


def own_jobs(data, source, program):
    """demarche alone: the shipped model, and two cores beside one."""
    jobs = []
    for unit in ("row", "paragraph"):
        shipped = Demarche(program, unit=unit, shipped=True)
        jobs.append(Job("classify, shipped model", shipped.name, shipped.classify(source, data.folder)))
    for model, shipped in ((f"{data.name} model", False), ("shipped model", True)):
        side = Demarche(program, threads=2, shipped=shipped)
        jobs.append(
            Job(f"classify, {model}, two cores", side.name, side.classify(source, data.folder), cores=2)
        )
    return jobs


def cold_jobs(data, sides, program, one):
    """One paragraph, from the start of the process to its end."""
    able = [side for side in sides if side.name != "scikit-learn LR"]
    jobs = [
        Job(f"cold start, {data.name} model", side.name, side.classify(one, data.folder)) for side in able
    ]
    shipped = Demarche(program, unit="paragraph", shipped=True)
    return jobs + [Job("cold start, shipped model", shipped.name, shipped.classify(one, data.folder))]


def big_jobs(data, program, big):
    """Peak memory on a big file, output thrown away."""
    jobs = []
    for model, shipped in ((f"{data.name} model", False), ("shipped model", True)):
        for threads in (1, 2):
            side = Demarche(program, threads=threads, shipped=shipped)
            steps = side.classify(big, data.folder)
            steps[0].stdout = "/dev/null"
            jobs.append(Job(f"big file, {model}, {threads} threads", side.name, steps, cores=threads))
    return jobs


def write_big(source, target, n_bytes):
    """The lines of a file over and over until there are so many bytes."""
    lines = source.read_bytes().splitlines(keepends=True)
    written = 0
    with open(target, "wb") as file:
        for line in cycle(lines):
            if written >= n_bytes:
                return
            written += file.write(line)


def right_labels(data, side):
    """Share of the test rows to which a side's model gives the right label, from its JSONL."""
    job = Job("test", side.name, side.classify(data.test, data.folder))
    job.run()
    gold = [row["label"].strip() for row in rows.objects(data.test)]
    found = [row.get("predicted", row["label"]) for row in rows.objects(side.output(data.folder))]
    if len(found) != len(gold):
        raise SystemExit(f"{side.name} gave {len(found)} rows for {len(gold)}")
    return sum(a == b for a, b in zip(gold, found, strict=True)) / len(gold)


def one_row(data):
    """A file with the first test row."""
    one = data.folder / "one.jsonl"
    with open(data.test, encoding="utf-8") as lines:
        one.write_text(next(lines), encoding="utf-8")
    return one


def measure_all(arguments, sets, folder):
    """All jobs and the accuracy of the models, in the order of the table."""
    jobs, right = [], {}
    source = arguments.classify or sets[-1].train
    for data in sets:
        sides = sides_of(arguments, data)
        jobs += round_robin(train_jobs(data, sides), arguments.runs, note)
        right[data.name] = {side.name: right_labels(data, side) for side in sides}
        batch = classify_jobs(data, source, sides, arguments.demarche)
        if data is sets[0]:
            batch += own_jobs(data, source, arguments.demarche)
        jobs += round_robin(batch, arguments.runs, note)
        jobs += round_robin(
            cold_jobs(data, sides, arguments.demarche, one_row(data)), arguments.cold_runs, lambda _: None
        )
    if arguments.big_mb:
        big = folder / "big.jsonl"
        write_big(sets[-1].train, big, arguments.big_mb * 1_000_000)
        jobs += round_robin(big_jobs(sets[0], arguments.demarche, big), 1, note)
    versions = {side.name: side.version() for side in sides}
    text_mb = rows.text_bytes(row["text"] for row in rows.objects(source)) / 1e6
    return jobs, {"right": right, "versions": versions, "text_mb": text_mb, "python": sys.version.split()[0]}


def parsed():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--set",
        nargs=3,
        action="append",
        required=True,
        dest="sets",
        metavar=("NAME", "TRAIN", "TEST"),
        help="a set; may be repeated",
    )
    parser.add_argument(
        "--classify",
        type=Path,
        metavar="JSONL",
        help="rows for the throughput runs [default: the last set's training rows]",
    )
    parser.add_argument("--raw", type=Path, required=True, metavar="JSON", help="where to keep the raw runs")
    parser.add_argument(
        "--readme",
        type=Path,
        metavar="FILE",
        help="put the tables between <!-- speed --> and <!-- /speed --> of this file",
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each job [default: %(default)s]")
    parser.add_argument(
        "--cold-runs", type=int, default=21, help="runs of each cold start [default: %(default)s]"
    )
    parser.add_argument(
        "--big-mb",
        type=int,
        default=1000,
        metavar="MB",
        help="size of the big file, 0 for none [default: %(default)s]",
    )
    parser.add_argument(
        "--c",
        type=float,
        default=1.0,
        help="cost of a sample, for demarche and scikit-learn alike [default: %(default)s]",
    )
    parser.add_argument(
        "--demarche", default="target/release/demarche", metavar="PROGRAM", help="[default: %(default)s]"
    )
    parser.add_argument(
        "--demarche-options",
        default=DEMARCHE_OPTIONS,
        metavar="OPTIONS",
        help="of train [default: %(default)s]",
    )
    parser.add_argument("--fasttext", default="fasttext", metavar="PROGRAM", help="[default: %(default)s]")
    parser.add_argument(
        "--fasttext-options", default=FASTTEXT_OPTIONS, metavar="OPTIONS", help="[default: %(default)s]"
    )
    parser.add_argument("--only-demarche", action="store_true", help="leave the peers out")
    return parser.parse_args()


def main():
    """Measures, keeps the raw runs, prints the tables."""
    arguments = parsed()
    folder = Path(tempfile.mkdtemp(prefix="demarche-speed-"))
    try:
        sets = []
        for name, train, test in arguments.sets:
            (folder / name).mkdir()
            sets.append(Set(name, Path(train), Path(test), folder / name))
        started = {"date": report.today(), "machine": machine()}
        jobs, found = measure_all(arguments, sets, folder)
    finally:
        shutil.rmtree(folder)
    session = {
        **started,
        "load_at_end": machine()["load"],
        "c": arguments.c,
        "runs": arguments.runs,
        "cold_runs": arguments.cold_runs,
        "big_mb": arguments.big_mb,
        **found,
    }
    arguments.raw.write_text(
        json.dumps({**session, "jobs": [job.raw() for job in jobs]}, indent=1) + "\n", encoding="utf-8"
    )
    text = report.markdown(session, jobs)
    print(text)
    if arguments.readme:
        report.put(arguments.readme, "speed", text)


if __name__ == "__main__":
    main()
