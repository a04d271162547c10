"""The Markdown tables of the speed runs, and their place in a README."""

import re
import time

OURS = "demarche"
SVC, LR, FASTTEXT, VW = "scikit-learn LinearSVC", "scikit-learn LR", "fastText", "Vowpal Wabbit"
WORK = ("work",)
ALL = ("work", "convert")


def today():
    """The date and time of day, UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())


def table(head, lines):
    """Markdown from lists of cells."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *lines])


def pair(job, what, form, value=lambda total: total):
    """A figure of the program's own work, and in brackets with its format conversion where it has one."""
    own, counted = (form.format(value(job.total(what, steps))) for steps in (WORK, ALL))
    return f"{own} ({counted})" if job.converts() else own


def memory(job):
    """Peak MB of the largest step."""
    return f"{job.total('rss_mb'):.0f}"


def times_ours(job, sides):
    """CPU time as a multiple of demarche's on the same line."""
    ours = sides[OURS].total("cpu_s") if OURS in sides else None
    return pair(job, "cpu_s", "{:.1f}", lambda total: total / ours) if ours else ""


class Session:
    """The jobs by line and side, and the figures drawn from them."""

    def __init__(self, session, jobs):
        self.session, self.jobs = session, jobs
        self.by_line = {}
        for job in jobs:
            self.by_line.setdefault(job.line, {})[job.side] = job
        self.sets = list(session["right"])

    def lines(self, start):
        """The lines of the session that start so, without that start, and the sides of each."""
        return [
            (line.removeprefix(start), sides)
            for line, sides in self.by_line.items()
            if line.startswith(start)
        ]

    def rate(self, seconds):
        """MB of text a second."""
        return self.session["text_mb"] / seconds

    def times(self, line, peer, what="cpu_s", counted=ALL):
        """How many times ours the peer takes; None where one was not run."""
        sides = self.by_line[line]
        if peer not in sides:
            return None
        return sides[peer].total(what, counted) / sides[OURS].total(what)

    def training(self):
        """Read, featurize and fit at fixed options."""
        lines = []
        for name in self.sets:
            sides = self.by_line[f"train {name}"]
            for side, job in sides.items():
                cpu, wall = pair(job, "cpu_s", "{:.2f}"), pair(job, "wall_s", "{:.2f}")
                right = f"{100 * self.session['right'][name][side]:.1f}"
                lines.append([name, side, cpu, wall, memory(job), times_ours(job, sides), right])
        return table(
            ["set", "side", "CPU s", "wall s", "peak MB", "CPU, times ours", "right on test, %"], lines
        )

    def classifying(self):
        """JSONL to JSONL."""
        lines = []
        for line, sides in self.lines("classify, "):
            for side, job in sides.items():
                cpu, wall = (pair(job, what, "{:.1f}", self.rate) for what in ("cpu_s", "wall_s"))
                lines.append([line, side, cpu, wall, memory(job), times_ours(job, sides)])
        return table(
            ["model", "side", "MB a CPU second", "MB/s by wall", "peak MB", "CPU, times ours"], lines
        )

    def starting(self):
        """One paragraph."""
        lines = [
            [line, side, pair(job, "wall_s", "{:.1f}", lambda total: 1000 * total), memory(job)]
            for line, sides in self.lines("cold start, ")
            for side, job in sides.items()
        ]
        return table(["model", "side", "wall ms", "peak MB"], lines)

    def big(self):
        """Peak memory on the big file."""
        lines = [
            [line, pair(job, "wall_s", "{:.1f}"), memory(job)]
            for line, sides in self.lines("big file, ")
            for job in sides.values()
        ]
        return table([f"{self.session['big_mb']} MB JSONL, {OURS}", "wall s", "peak MB"], lines)

    def aims(self):
        """Each aim beside what was measured."""
        lines = []

        def add(work, aim, figure, reached):
            lines.append([work, aim, figure, "yes" if reached else "**no**"])

        for name in self.sets:
            line = f"train {name}"
            for peer, aim in ((SVC, 5), (FASTTEXT, 4)):
                times = self.times(line, peer, "cpu_s", WORK)
                if times:
                    add(f"{line}: CPU against {peer}", f"{aim}× less", f"{times:.1f}×", times >= aim)
            memory = self.times(line, SVC, "rss_mb")
            if memory:
                add(f"{line}: peak memory against {SVC}", "4× less", f"{memory:.1f}×", memory >= 4)
            line = f"classify, {name} model"
            for peer, aim in ((FASTTEXT, 8), (VW, 8), (SVC, 30)):
                times = self.times(line, peer)
                if times:
                    own = self.times(line, peer, "cpu_s", WORK)
                    add(
                        f"{line}: against {peer}",
                        f"{aim}× faster",
                        f"{times:.1f}× ({own:.1f}× its own work alone)",
                        times >= aim,
                    )
            speed = self.rate(self.by_line[line][OURS].total("cpu_s"))
            add(line, "60 MB/s", f"{speed:.1f} MB/s", speed >= 60)
        self._own_aims(add)
        return table(["work", "aim", "measured", "reached"], lines)

    def _own_aims(self, add):
        first = f"{self.sets[0]} model"
        speed = self.rate(self.by_line["classify, shipped model"][OURS].total("cpu_s"))
        add("classify, shipped model", "25 MB/s", f"{speed:.1f} MB/s", speed >= 25)
        for model in (first, "shipped model"):
            one, two = (
                self.by_line[f"classify, {model}{cores}"][OURS].total("wall_s")
                for cores in ("", ", two cores")
            )
            add(f"classify, {model}: two cores over one, wall", "1.8×", f"{one / two:.2f}×", one / two >= 1.8)
        cold = next(iter(self.by_line["cold start, shipped model"].values())).total("wall_s")
        add("cold start, shipped model", "10 ms", f"{1000 * cold:.1f} ms", cold <= 0.01)
        for line, sides in self.lines("big file, "):
            peak = sides[OURS].total("rss_mb")
            add(
                f"{self.session['big_mb']} MB JSONL, {line}: peak memory",
                "100 MB",
                f"{peak:.0f} MB",
                peak <= 100,
            )

    def heading(self):
        """What was run, where and when."""
        session, machine = self.session, self.session["machine"]
        versions = "; ".join(dict.fromkeys(session["versions"].values()))
        return (
            f"{session['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory']}, {machine['system']}; "
            f"load {machine['load'][0]:.1f} at the start and {session['load_at_end'][0]:.1f} at the end. "
            f"{versions}; Python {session['python']}. Medians of {session['runs']} runs, of {session['cold_runs']} for cold "
            f"starts; {session['text_mb']:.1f} MB of text classified."
        )


def markdown(session, jobs):
    """All tables of a session."""
    tables = Session(session, jobs)
    parts = [tables.heading(), tables.aims(), tables.training(), tables.classifying(), tables.starting()]
    return "\n\n".join(parts + ([tables.big()] if session["big_mb"] else []))


def put(path, name, text):
    """Puts the text between `<!-- name -->` and `<!-- /name -->` of a Markdown file."""
    before = path.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    after, found = re.subn(
        f"(?<={re.escape(start)}).*?(?={re.escape(end)})", lambda _: f"{text}\n", before, flags=re.DOTALL
    )
    if not found:
        raise SystemExit(
            f"{path}: no place for the tables; write {start.strip()} and {end.strip()} where they shall stand"
        )
    path.write_text(after, encoding="utf-8")
