#!/usr/bin/env python3
"""Measures and judges; scripts/bench.sh sets it up and says what the options mean."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import bench_report as report

MIB = 1 << 20
GROUPS = ["sparse", "dense", "trace", "json", "start", "memory"]
# Names of commands. SLOW runs once only, and no promise rests on it.
ONE, TWO = "vsscope, 1 thread", "vsscope, 2 threads"
DUMP, SLOW, SEARCH = "evtx_dump -t 1 -o jsonl", "evtxexport", "rg -c -j1 ::DoSnapshotSet"
LEAST = "wc -l"
# Backups of a big trace, and in how many MiB of JSON lines there is one: fixtures/src/trace/big.rs, windows/sparse.rs.
TRACE_BACKUPS, LINES_SHARE_MIB = 20, 8
# What a trace of any size may take beyond a small one.
TRACE_MARGIN_MIB = 16


@dataclass
class Run:
    wall: float
    cpu: float
    peak_kib: int


@dataclass
class Log:
    """A file, or several of one kind."""
    name: str
    group: str
    paths: list
    bytes: int
    runs: dict = field(default_factory=dict)


class Bench:
    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.logs = []
        self.targets = []
        self.notes = []
        self.wrong = []
        self.floor_kib = self.run(["true"]).peak_kib

    def run(self, command):
        """Runs a command to its end."""
        command = [str(word) for word in command]
        launcher = [sys.executable, "-I", "-S", self.options.root / "scripts/bench_run.py"]
        wall, cpu, peak_kib, code = subprocess.run([*launcher, *command], check=True, capture_output=True,
                                                   text=True).stdout.split()
        # 1 is vsscope's for findings, and rg's for no match.
        if code != "0" and not (code == "1" and command[0] in (str(self.options.vsscope), "rg")):
            sys.exit(f"{' '.join(command)} ended with {code}")
        return Run(float(wall), float(cpu), int(peak_kib))

    def vsscope(self, paths, *options):
        return [self.options.vsscope, "analyze", "--no-progress", *options, *paths]

    def commands(self, group, paths):
        (path, *more) = paths
        all_of = {
            ONE: self.vsscope(paths, "--threads", "1"),
            TWO: self.vsscope(paths, "--threads", "2"),
        }
        if more:
            return all_of
        if group in ("sparse", "dense"):
            all_of[DUMP] = [self.options.evtx_dump, "-t", "1", "-o", "jsonl", path]
            all_of[SLOW] = ["evtxexport", path]
            all_of["rg -a -c -j1 (VSS in UTF-16)"] = ["rg", "-a", "-c", "-j1", r"(?-u)V\x00S\x00S\x00", path]
        if group == "trace":
            all_of[SEARCH] = ["rg", "-c", "-j1", "::DoSnapshotSet", path]
        if group == "json":
            all_of["rg -c -j1 VSS"] = ["rg", "-c", "-j1", "VSS", path]
        if group == "sparse":
            all_of[LEAST] = ["wc", "-l", path]
        all_of["cat"] = ["cat", path]
        return all_of

    def measure(self, name, group, paths, rounds, leave_out=()):
        """All commands on a log, in turns."""
        log = Log(name, group, paths, sum(os.path.getsize(path) for path in paths))
        commands = self.commands(group, paths)
        names = [name for name in commands if name not in leave_out]
        if log.bytes <= 4 << 30:
            self.run(["cat", *paths])
        for number in range(rounds):
            # Another one begins each time, so that none always follows the same.
            turn = number % len(names)
            for command in names[turn:] + names[:turn]:
                if command == SLOW and number > 0:
                    continue
                say(f"{name}: {command}, round {number + 1} of {rounds}")
                log.runs.setdefault(command, []).append(self.run(commands[command]))
        self.logs.append(log)
        return log

    def analysis(self, path):
        command = [str(word) for word in self.vsscope([path], "-f", "json", "--threads", "1")]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)

    def same_records(self, name, path):
        """Whether vsscope goes through as many records as evtx_dump: else their times mean nothing."""
        say(f"{name}: counting records")
        analysis = self.analysis(path)
        ours = sum(one["records"] for one in analysis["inputs"])
        dump = subprocess.Popen([self.options.evtx_dump, "-t", "1", "-o", "jsonl", path], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        theirs = sum(1 for _ in dump.stdout)
        dump.wait()
        self.judge(f"{name}: {ours:,} records, evtx_dump {theirs:,}; {len(analysis['sets'])} sets",
                   ours == theirs and analysis["sets"])

    def all_sets(self, name, path, sets):
        """Whether vsscope finds the backups that were put in."""
        say(f"{name}: counting sets")
        found = len(self.analysis(path)["sets"])
        self.judge(f"{name}: {found} sets of {sets}", found == sets)

    def judge(self, text, right):
        self.notes.append(text)
        if not right:
            self.wrong.append(text)

    def promise(self, text, value, limit, at_least, unit, by_cpu=None):
        """A promise of issue 6. Small files are dominated by start-up: with --quick nothing is judged."""
        holds = value >= limit if at_least else value <= limit
        bound = f"{'at least' if at_least else 'at most'} {limit:g}{unit}"
        self.targets.append({"kind": "promise", "promise": text, "bound": bound, "value": round(value, 2), "unit": unit,
                             "by_cpu": by_cpu and round(by_cpu, 2), "holds": None if self.options.quick else holds})

    def faster(self, text, log, over, under, limit):
        """`over` takes at least so many times as long as `under`."""
        self.promise(text, ratio(log, over, under), limit, True, " x", ratio(log, over, under, "cpu"))

    def slower(self, text, log, over, under, limit):
        """`over` takes at most so many times as long as `under`."""
        self.promise(text, ratio(log, over, under), limit, False, " x", ratio(log, over, under, "cpu"))

    def unmeasured(self, text, why):
        self.targets.append({"kind": "promise", "promise": text, "bound": "", "value": None, "unit": "", "holds": None,
                             "why": why})

    def make(self, name, *command):
        path = self.work / name
        say(f"making {name}")
        subprocess.run([self.options.fixtures, *command, "--out", path], check=True, stdout=subprocess.DEVNULL)
        return path

    def sparse(self):
        size = 16 if self.options.quick else 256
        script = self.options.root.parent / "shared/samples/make-bench.py"
        if script.is_file():
            logs = {"sparse": [], "sparse, renumbered": ["--renumber"]}
        else:
            self.notes.append(f"{script} is not there: the sparse log is a generated one")
            logs = {"sparse, generated": None}
        for name, options in logs.items():
            path = self.work / f"{name.replace(', ', '-')}.evtx"
            if options is None:
                path = self.make(path.name, "sparse-log", "--bytes", str(size * MIB))
            else:
                say(f"making {path.name}")
                subprocess.run([sys.executable, script, str(size), path, *options], check=True, stdout=subprocess.DEVNULL)
            # Copies of one chunk are one and the same record to vsscope.
            if options != []:
                self.same_records(name, path)
            log = self.measure(name, "sparse", [path], self.options.rounds)
            self.faster(f"{name}: evtx_dump in times of vsscope, 1 thread each", log, DUMP, ONE, 8)
            self.slower(f"{name}: vsscope, 1 thread, in times of cat", log, ONE, "cat", 3)
            self.promise(f"{name}: 2 threads faster than 1", ratio(log, ONE, TWO), 1.7, True, " x")
            self.notes.append(f"{name}: evtx_dump takes {ratio(log, DUMP, LEAST):.1f} times as long as wc -l, which looks at "
                              "every byte once and remembers none")
            for command in (ONE, TWO):
                self.promise(f"{name}: peak memory of {command}", peak(log, command), 64, False, " MiB")
            path.unlink()

    def dense(self):
        for size in [8] if self.options.quick else [64, 256]:
            name = f"dense, {size} MiB"
            path = self.make(f"dense-{size}.evtx", "dense-log", "--bytes", str(size * MIB))
            if size <= 64:
                self.same_records(name, path)
            # On a large one it takes minutes.
            log = self.measure(name, "dense", [path], self.options.rounds, leave_out=[SLOW] if size > 64 else [])
            self.faster(f"{name}: evtx_dump in times of vsscope, 1 thread each", log, DUMP, ONE, 1)
            path.unlink()

    def trace(self):
        sizes = [8, 16] if self.options.quick else [64, 1024]
        for encoding, limit in (("utf-8", 4), ("utf-16le", 1)):
            peaks = []
            for size in sizes:
                name = f"trace, {encoding}, {size} MiB"
                path = self.make(f"trace-{encoding}-{size}.txt", "big-trace", "--bytes", str(size * MIB), "--encoding", encoding)
                large = size == sizes[-1]
                # Of the small one only the memory counts.
                rounds, others = (self.options.rounds, []) if large else (1, [TWO, SEARCH, "cat"])
                log = self.measure(name, "trace", [path], rounds, leave_out=others)
                peaks.append(peak(log, ONE))
                if not large:
                    self.all_sets(name, path, TRACE_BACKUPS)
                path.unlink()
            self.slower(f"{name}: vsscope, 1 thread, in times of rg -c -j1", log, ONE, SEARCH, limit)
            self.promise(f"trace, {encoding}: memory that {sizes[1]} MiB take beyond {sizes[0]} MiB",
                         peaks[1] - peaks[0], TRACE_MARGIN_MIB, False, " MiB")

    def json(self):
        size = 16 if self.options.quick else 256
        for form in ("nxlog", "evtx-dump"):
            path = self.make(f"{form}.json", "json-lines", "--bytes", str(size * MIB), "--form", form)
            name = f"JSON lines, {form}, {size} MiB"
            self.all_sets(name, path, size // LINES_SHARE_MIB)
            self.measure(name, "json", [path], self.options.rounds)
            path.unlink()

    def start(self):
        log = Log("start-up", "start", [], 0)
        commands = {"vsscope explain 0x800423f2": ["explain", "0x800423f2"], "vsscope --version": ["--version"]}
        for _ in range(10 if self.options.quick else 40):
            for name, command in commands.items():
                log.runs.setdefault(name, []).append(self.run([self.options.vsscope, *command]))
        self.logs.append(log)
        milliseconds = statistics.median(run.wall for run in log.runs["vsscope explain 0x800423f2"]) * 1000
        self.promise("vsscope explain 0x800423f2", milliseconds, 20, False, " ms")

    def memory(self):
        """Several logs that differ, as the archive of a busy server."""
        text = "10 GiB of EVTX: peak memory"
        script = self.options.root.parent / "shared/samples/make-bench.py"
        if not script.is_file():
            return self.unmeasured(text, f"{script} is not there")
        wanted = 1 if self.options.quick else 12
        if shutil.disk_usage(self.work).free < wanted << 30:
            return self.unmeasured(text, f"{self.work.parent} has no room for {wanted} GiB")
        paths = []
        for number, fewest in enumerate((20, 10, 30, 40)):
            path = self.work / f"archive-{number}.evtx"
            say(f"making {path.name}")
            size = 8 if self.options.quick else 2560
            subprocess.run([sys.executable, script, str(size), path, "--renumber", "--min-records", str(fewest)],
                           check=True, stdout=subprocess.DEVNULL)
            paths.append(path)
        log = self.measure("4 logs, 10 GiB" if not self.options.quick else "4 logs", "sparse", paths, 1)
        for command in log.runs:
            self.promise(f"{text} of {command}", peak(log, command), 256, False, " MiB")
        for path in paths:
            path.unlink()


def ratio(log, over, under, what="wall"):
    """The median of the ratios of the rounds: the two ran one soon after the other."""
    pairs = zip(log.runs[over], log.runs[under])
    return statistics.median(getattr(a, what) / max(getattr(b, what), 1e-6) for a, b in pairs)


def peak(log, command):
    return max(run.peak_kib for run in log.runs[command]) / 1024


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--root", "--fixtures", "--evtx-dump", "--vsscope"):
        parser.add_argument(name, type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    chosen = options.only.split(",") if options.only else GROUPS[:-1]
    if options.memory and "memory" not in chosen:
        chosen.append("memory")
    if unknown := set(chosen) - set(GROUPS):
        parser.error(f"--only takes {','.join(GROUPS)}, not {','.join(sorted(unknown))}")
    if options.write_docs and (options.quick or options.only):
        parser.error("--write-docs wants a whole run: neither --quick nor --only")
    if not os.access(options.vsscope, os.X_OK):
        parser.error(f"{options.vsscope} is no program")
    options.groups = [group for group in GROUPS if group in chosen]
    return options


def main():
    options = arguments()
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"warning: the load of this machine is {load:.1f}; times mean little unless it is idle")
    with tempfile.TemporaryDirectory(prefix="vsscope-bench-", dir=options.work) as work:
        bench = Bench(options, Path(work))
        for group in options.groups:
            getattr(bench, group)()
    machine = report.machine(options, load)
    text = report.markdown(bench, machine)
    print(text)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "bench.md").write_text(text)
        (options.out / "bench.jsonl").write_text(report.lines(bench, machine))
    if options.write_docs:
        report.write_docs(options.root / "docs/performance.md", text)
    broken = [target["promise"] for target in bench.targets if target["holds"] is False] + bench.wrong
    for one in broken:
        say(f"does not hold: {one}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
