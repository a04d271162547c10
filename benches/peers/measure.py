"""Whole processes measured by the kernel's own accounting (wait4), and the machine they ran on."""

import os
import platform
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

# A library's own threads would make "one core" untrue.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass
class Step:
    """One process of a job: `work` is what the program itself does, `convert` what it needs around it."""

    argv: list
    name: str = "work"
    stdout: str = os.devnull

    def shown(self):
        """As a shell would have it, paths cut to their last two parts."""
        words = [*map(str, self.argv), *([] if self.stdout == os.devnull else [">", str(self.stdout)])]
        return " ".join("/".join(Path(word).parts[-2:]) if os.path.isabs(word) else word for word in words)


@dataclass
class Job:
    """A line of the table for one side: steps run one after the other on the same cores."""

    line: str
    side: str
    steps: list
    cores: int = 1
    runs: list = field(default_factory=list)

    def run(self):
        """Runs the steps once and keeps wall, CPU (user and system) and peak memory of each."""
        cpus = sorted(os.sched_getaffinity(0))[-self.cores :]
        self.runs.append([{"step": step.name, **measured(step, cpus)} for step in self.steps])

    def total(self, what, counted=("work", "convert")):
        """The median over the runs of the steps' sum; for memory, of their largest."""
        join = max if what == "rss_mb" else sum
        return median(join(step[what] for step in run if step["step"] in counted) for run in self.runs)

    def converts(self):
        """Whether something besides the program's own work is needed."""
        return any(step.name == "convert" for step in self.steps)

    def raw(self):
        """For the JSON file."""
        commands = [step.shown() for step in self.steps]
        return {
            "line": self.line,
            "side": self.side,
            "cores": self.cores,
            "commands": commands,
            "runs": self.runs,
        }


def measured(step, cpus):
    """One run of a step pinned to the CPUs given."""
    with tempfile.TemporaryFile() as messages, open(step.stdout, "wb") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in step.argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=messages,
            env={**os.environ, **ONE_THREAD},
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            messages.seek(0)
            tail = messages.read()[-2000:].decode("utf-8", "replace")
            raise SystemExit(f"{step.shown()}: exit code {process.returncode}\n{tail}")
    return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "rss_mb": usage.ru_maxrss * 1024 / 1e6}


def round_robin(jobs, n_runs, report):
    """Every job once, then every job again, so that noise of the machine hits all alike. Gives the jobs back."""
    for number in range(1, n_runs + 1):
        for job in jobs:
            job.run()
            last = ", ".join(f"{step['step']} {step['cpu_s']:.2f}" for step in job.runs[-1])
            report(f"run {number}/{n_runs} · {job.line} · {job.side} · CPU s: {last}")
    return jobs


def machine():
    """CPU, cores, memory, system, load."""

    def first(path, key):
        with open(path, encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "unknown")

    return {
        "cpu": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": first("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "load": os.getloadavg(),
    }
