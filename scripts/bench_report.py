"""What scripts/bench.py measured, as Markdown and as lines of JSON."""
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

BEGIN, END = "<!-- bench: written by scripts/bench.sh --write-docs -->", "<!-- bench: end -->"


def first_line(*command):
    try:
        output = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    except OSError:
        return "not there"
    return ((output.stdout or output.stderr).strip().splitlines() or ["?"])[0]


def machine(options, load):
    """What the figures depend on."""
    processor = "?"
    with open("/proc/cpuinfo") as info:
        if found := re.search(r"model name\s*: (.*)", info.read()):
            processor = found[1]
    with open("/proc/meminfo") as info:
        kib = int(re.search(r"MemTotal:\s+(\d+)", info.read())[1])
    return {
        "kind": "machine",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": first_line("git", "-C", options.root, "describe", "--always", "--dirty"),
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gib": round(kib / (1 << 20)),
        "system": platform.platform(),
        "load_before": round(load, 2),
        "rustc": first_line("rustc", "--version"),
        "vsscope": first_line(options.vsscope, "--version"),
        "evtx_dump": first_line(options.evtx_dump, "--version"),
        "evtxexport": first_line("evtxexport", "-V"),
        "rg": first_line("rg", "--version"),
        "cat": first_line("cat", "--version"),
    }


def rows(bench):
    for log in bench.logs:
        for command, runs in log.runs.items():
            wall = statistics.median(run.wall for run in runs)
            yield {
                "kind": "command",
                "log": log.name,
                "bytes": log.bytes,
                "command": command,
                "runs": len(runs),
                "wall_s": [round(run.wall, 4) for run in runs],
                "cpu_s": [round(run.cpu, 4) for run in runs],
                "peak_kib": [run.peak_kib for run in runs],
                "median_s": round(wall, 4),
                "mib_per_s": round(log.bytes / (1 << 20) / wall, 1) if log.bytes else None,
            }


def lines(bench, about):
    floor = {"kind": "floor", "peak_kib": bench.floor_kib}
    notes = [{"kind": "note", "text": note} for note in bench.notes]
    return "".join(json.dumps(one) + "\n" for one in [about, floor, *rows(bench), *bench.targets, *notes])


def table(head, body):
    text = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(text + [f"| {' | '.join(row)} |" for row in body])


def markdown(bench, about):
    verdicts = {True: "yes", False: "**no**", None: "not judged"}
    promises = []
    for target in bench.targets:
        value = target.get("why") or f"{target['value']:g}{target['unit']}"
        by_cpu = "" if target.get("by_cpu") is None else f"{target['by_cpu']:g} x"
        promises.append([target["promise"], target["bound"], value, by_cpu, verdicts[target["holds"]]])
    commands = []
    for row in rows(bench):
        seconds = f"{row['median_s']:.3f}" if row["median_s"] >= 0.1 else f"{row['median_s']:.4f}"
        speed = f"{row['mib_per_s']:,.0f}" if row["mib_per_s"] else ""
        commands.append([row["log"], row["command"], str(row["runs"]), seconds, f"{statistics.median(row['cpu_s']):.3f}",
                         speed, f"{max(row['peak_kib']) / 1024:.0f}"])
    parts = [
        f"{about['date']}, commit {about['commit']}, {about['processor']}, {about['cores']} cores, "
        f"{about['memory_gib']} GiB, {about['system']}, load {about['load_before']:g} before the run; {about['rustc']}; "
        f"{about['vsscope']}, {about['evtx_dump']}, {about['evtxexport']}, {about['rg']}, {about['cat']}.",
        table(["promise", "bound", "measured", "in CPU time", "holds"], promises),
        table(["log", "command", "runs", "median s", "CPU s", "MiB/s", "peak MiB"], commands),
        f"Peak memory is never shown below {bench.floor_kib / 1024:.0f} MiB, that of the script itself.",
        "\n".join(f"* {note}" for note in bench.notes),
    ]
    return "\n\n".join(part for part in parts if part)


def write_docs(path, text):
    """Replaces the marked block of the page."""
    page = path.read_text()
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        sys.exit(f"{path} has no block between {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
