"""Reads the reports of one run back with independent readers and compares what they hold.

Called by cross-check-reports.sh, which sets the readers up. What is expected is the JSON form, itself checked against its
schema; what each other form holds is counted by its own reader. Every check is counted, and none of them may be missing.
"""

import argparse
import copy
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import duckdb
import html5lib
import jsonschema
import markdown_it
import pyarrow.csv
import pyarrow.parquet
from lxml import etree

# Form and file (a folder ends with a slash).
OUTPUTS = {
    "text": "a.txt",
    "json": "a.json",
    "ndjson": "a.ndjson",
    "markdown": "a.md",
    "html": "a.html",
    "sarif": "a.sarif",
    "junit": "a.xml",
    "github": "a.annotations",
    "timesketch": "a.timesketch.jsonl",
    "timesketch-csv": "a.timesketch.csv",
    "mermaid": "a.mmd",
    "mermaid-sequence": "a.sequence.mmd",
    "parquet": "parquet/",
    "csv": "csv/",
}
PENDING = set(os.environ.get("PENDING", "").split())
SEVERITIES = ("error", "warning", "info")
THREADS = range(1, 9)

failures = []
checks = Counter()


def check(form, what, found, expected):
    checks[form] += 1
    if found != expected:
        failures.append(f"{form}: {what}: {found!r}, expected {expected!r}")


def run(program, paths, folder, threads=None):
    """Writes all forms into a folder; gives the exit code."""
    command = [program, "analyze", *map(str, paths), "--quiet"]
    command += ["--threads", str(threads)] if threads else []
    for form, name in OUTPUTS.items():
        if form not in PENDING:
            command += ["-o", f"{form}={folder}/{name}"]
    environment = dict(os.environ, SOURCE_DATE_EPOCH="1000000000")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    return done.returncode


def expected(analysis):
    """What every form has to hold."""
    findings = analysis["findings"]
    new = [finding for finding in findings if finding["status"] == "new"]
    return {
        "sets": len(analysis["sets"]),
        "findings": len(findings),
        "aside": len(findings) - len(new),
        **{severity: sum(f["severity"] == severity for f in new) for severity in SEVERITIES},
    }


def words(text):
    """The verdict in a text for people: 7 snapshot sets (…); 9 errors, 3 warnings, 1 info."""
    text = " ".join(text.split())
    number = lambda pattern: int((re.search(rf"\b([\d,]+) {pattern}", text) or [0, "0"])[1].replace(",", ""))
    return {
        "sets": number(r"snapshot sets?\b"),
        "error": number(r"errors?\b"),
        "warning": number(r"warnings?\b"),
        "info": number(r"infos?\b"),
    }


def short(set_id):
    """A set as people see it: the beginning of a GUID, or what is behind the host in a name of ours (HOST@TIME)."""
    is_guid = re.match(r"[0-9a-f]{8}-[0-9a-f]{4}-", set_id)
    return set_id[:8] if is_guid else set_id.rsplit("@", 1)[-1]


def names_all(form, text, analysis):
    """Every set and every finding that counts is named."""
    text = " ".join(text.split())
    missing = [s["id"] for s in analysis["sets"] if short(s["id"]) not in text]
    check(form, "sets that are not named", missing, [])
    titles = {" ".join(f["title"].split()) for f in analysis["findings"] if f["status"] == "new"}
    check(form, "findings that are not named", sorted(title for title in titles if title not in text), [])


def of_people(form, text, analysis, want):
    check(form, "verdict", words(text), {key: want[key] for key in ("sets", *SEVERITIES)})
    names_all(form, text, analysis)


def check_text(path, analysis, want):
    text = path.read_text("utf-8")
    head = text.split("── Findings", 1)[0]
    check("text", "verdict", words(head), {key: want[key] for key in ("sets", *SEVERITIES)})


def check_markdown(path, analysis, want):
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8"))
    inline = [t for token in tokens if token.type == "inline" for t in [*(token.children or []), None]]
    check("markdown", "raw HTML", [t.type for t in tokens if t.type.startswith("html")], [])
    check("markdown", "links", [t.attrs for t in inline if t and t.type in ("link_open", "image")], [])
    breaks = ("softbreak", "hardbreak")
    text = "".join("\n" if t is None or t.type in breaks else t.content for t in inline)
    of_people("markdown", text, analysis, want)


def check_html(path, analysis, want):
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), namespaceHTMLElements=False)
    page = parser.parse(path.read_bytes(), transport_encoding="utf-8").getroot()
    check("html", "mistakes of the markup", [str(error[1]) for error in parser.errors][:5], [])
    foreign = [
        value
        for element in page.iter()
        for name, value in element.attrib.items()
        if name in ("src", "href", "action", "{http://www.w3.org/1999/xlink}href")
        # A place in the page, or data that is in it.
        and not value.startswith(("#", "data:"))
    ]
    check("html", "addresses of other files", foreign, [])
    rows = page.xpath("//table[@id='t-sets']/tbody/tr")
    check("html", "rows of the table of sets", len(rows), want["sets"])
    findings = page.xpath("//details[contains(concat(' ', @class, ' '), ' finding ')]")
    check("html", "findings", len(findings), want["findings"])
    for element in page.xpath("//script | //style"):
        element.text = ""
    text = " ".join(page.itertext())
    of_people("html", text, analysis, want)


def check_ndjson(path, schemas, analysis, want, events):
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    check("ndjson", "events", len(lines), events)
    schema = schemas.get("events.schema.json")
    if schema is not None:
        validator = jsonschema.validators.validator_for(schema)(schema)
        wrong = [error.message for line in lines for error in validator.iter_errors(line)]
        check("ndjson", "against its schema", wrong[:3], [])


def validates(form, schema, document, spoil):
    """The document fits its schema, and a spoilt one does not: a schema that takes everything checks nothing."""
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    check(form, "against its schema", [error.message for error in validator.iter_errors(document)][:3], [])
    spoilt = copy.deepcopy(document)
    spoil(spoilt)
    check(form, "a spoilt one is refused", validator.is_valid(spoilt), False)


def check_sarif(path, schema, analysis, want):
    log = json.loads(path.read_text("utf-8"))
    validates("sarif", schema, log, lambda log: log["runs"][0].pop("tool"))
    (entry,) = log["runs"]
    results = entry["results"]
    counting = [result for result in results if not result.get("suppressions")]
    levels = Counter(result["level"] for result in counting)
    check("sarif", "results", len(results), want["findings"])
    check("sarif", "errors", levels["error"], want["error"])
    check("sarif", "warnings", levels["warning"], want["warning"])
    check("sarif", "notes", levels["note"], want["info"])
    check("sarif", "sets", entry["properties"]["summary"]["sets"], want["sets"])
    inputs = [artifact for artifact in entry["artifacts"] if "properties" in artifact]
    check("sarif", "inputs", len(inputs), len(analysis["inputs"]))
    rules = entry["tool"]["driver"]["rules"]
    check("sarif", "rules", [rules[r["ruleIndex"]]["id"] for r in results], [f["rule"] for f in analysis["findings"]])


def check_junit(path, schema, analysis, want):
    document = etree.parse(path)
    checker = etree.XMLSchema(etree.parse(schema))
    checker.validate(document)
    check("junit", "against its schema", [str(error) for error in checker.error_log][:3], [])
    spoilt = copy.deepcopy(document)
    del spoilt.find("testsuite").attrib["tests"]
    check("junit", "a spoilt one is refused", checker.validate(spoilt), False)
    total = lambda name: sum(int(p.get("value")) for p in document.iterfind(f".//property[@name='{name}']"))
    check("junit", "sets", total("sets"), want["sets"])
    for severity in SEVERITIES:
        check("junit", severity, total(f"findings.{severity}"), want[severity])
    check("junit", "noise", total("findings.noise"), want["aside"])
    sets = {s["id"] for s in analysis["sets"]}
    alone = [f for f in analysis["findings"] if f["set"] not in sets]
    cases = document.findall(".//testcase")
    check("junit", "test cases", len(cases), want["sets"] + len(alone))
    names = Counter((case.get("classname"), case.get("name")) for case in cases)
    check("junit", "names that two cases have", [name for name, times in names.items() if times > 1], [])
    errors = [f for f in analysis["findings"] if f["status"] == "new" and f["severity"] == "error"]
    failed = len({f["set"] for f in errors if f["set"] in sets}) + sum(f["set"] not in sets for f in errors)
    check("junit", "failures", len(document.findall(".//failure")), failed)
    root = document.getroot()
    check("junit", "counts", (int(root.get("tests")), int(root.get("failures"))), (len(cases), failed))


def check_github(path, analysis, want):
    commands = Counter(line.split(" ", 1)[0] for line in path.read_text("utf-8").splitlines())
    found = {"error": commands["::error"], "warning": commands["::warning"], "info": commands["::notice"]}
    check("github", "annotations", found, {severity: want[severity] for severity in SEVERITIES})
    check("github", "other lines", sum(commands.values()), sum(found.values()))


def check_timesketch(jsonl, table, analysis, want):
    entries = [json.loads(line) for line in jsonl.read_text("utf-8").splitlines()]
    needed = ("message", "datetime", "timestamp_desc")
    check("timesketch", "entries without what is needed", [e for e in entries if not all(map(e.get, needed))], [])
    findings = [entry for entry in entries if entry.get("data_type") == "vsscope:finding"]
    timed = [f for f in analysis["findings"] if f["time"] is not None]
    check("timesketch", "findings", len(findings), len(timed))
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check("timesketch-csv", "rows", len(rows), len(entries))
    check("timesketch-csv", "messages", [bool(row["message"]) for row in rows], [True] * len(rows))


def check_mermaid(form, path, analysis, want):
    text = path.read_text("utf-8")
    kind = {"mermaid": "gantt", "mermaid-sequence": "sequenceDiagram"}[form]
    charts = len(re.findall(rf"^\s*{kind}\b", text, re.MULTILINE))
    check(form, "has a chart where there is a set", charts > 0, want["sets"] > 0)


def check_tables(folder, suffix, analysis, want):
    """Tables by pyarrow and by DuckDB."""
    read = pyarrow.parquet.read_table if suffix == "parquet" else pyarrow.csv.read_csv
    sql = duckdb.connect(":memory:")
    scan = {"parquet": "read_parquet(?)", "csv": "read_csv(?, header = true, all_varchar = true, auto_detect = true)"}[suffix]
    count = lambda name, where: sql.execute(
        f"SELECT count(*) FROM {scan} WHERE {where}", [str(folder / f"{name}.{suffix}")]
    ).fetchone()[0]
    tables = {file.stem: file for file in sorted(folder.glob(f"*.{suffix}"))}
    rows = {name: read(file).num_rows for name, file in tables.items()}
    for name in ("sets", "findings", "inputs", "sessions"):
        check(suffix, f"{name} by pyarrow", rows.get(name), len(analysis[name]))
    for name in tables:
        check(suffix, f"{name} by DuckDB", count(name, "true"), rows[name])
    for severity in SEVERITIES:
        where = f"severity = '{severity}' AND status = 'new'"
        check(suffix, f"{severity} by DuckDB", count("findings", where), want[severity])
    writers = sum(len(one["writers"]) for one in analysis["sets"])
    check(suffix, "writers by pyarrow", rows.get("writers"), writers)
    return rows


def check_run(folder, analysis, arguments, schemas):
    want = expected(analysis)
    path = lambda form: folder / OUTPUTS[form]
    summary = analysis["summary"]
    said = {"sets": summary["sets"], "aside": summary["findings"]["noise"]}
    said |= {severity: summary["findings"][severity] for severity in SEVERITIES}
    check("json", "its own summary", said, {key: want[key] for key in said})
    schema = schemas.get("analysis.schema.json")
    if schema is not None:
        validates("json", schema, analysis, lambda document: document.pop("findings"))
    rows = {}
    for suffix in ("parquet", "csv"):
        if suffix not in PENDING:
            rows[suffix] = check_tables(path(suffix), suffix, analysis, want)
    if len(rows) == 2:
        check("csv", "rows of all tables", rows["csv"], rows["parquet"])
    if "ndjson" not in PENDING:
        events = sum(one["events"] for one in analysis["inputs"])
        events = rows.get("parquet", {}).get("events", events)
        check_ndjson(path("ndjson"), schemas, analysis, want, events)
    checkers = {
        "text": check_text,
        "markdown": check_markdown,
        "html": check_html,
        "github": check_github,
    }
    for form, checker in checkers.items():
        if form not in PENDING:
            checker(path(form), analysis, want)
    check_sarif(path("sarif"), json.loads((arguments.schemas / "sarif-2.1.0.json").read_text()), analysis, want)
    check_junit(path("junit"), str(arguments.schemas / "junit-10.xsd"), analysis, want)
    if not {"timesketch", "timesketch-csv"} & PENDING:
        check_timesketch(path("timesketch"), path("timesketch-csv"), analysis, want)
    for form in ("mermaid", "mermaid-sequence"):
        if form not in PENDING:
            check_mermaid(form, path(form), analysis, want)
    return want


def content(folder):
    """Every file that a run wrote."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def inputs_of(path):
    """The files behind a path: as many arguments as there can be, so that there is something to shuffle."""
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name != "README.md") if path.is_dir() else [path]


def check_determinism(program, paths, scratch):
    """Sequence of the inputs and number of threads change nothing. Gives how many runs were compared."""
    # The same seed on every machine: a failure comes again.
    mix = random.Random(7)
    first = None
    for threads in THREADS:
        folder = scratch / f"threads-{threads}"
        (folder / "parquet").mkdir(parents=True)
        (folder / "csv").mkdir()
        shuffled = list(paths)
        mix.shuffle(shuffled)
        run(program, shuffled, folder, threads)
        files = content(folder)
        if first is None:
            first = files
            check("bytes", "files", len(files) >= len(OUTPUTS) - len(PENDING), True)
            continue
        differ = sorted(name for name in files.keys() | first.keys() if files.get(name) != first.get(name))
        check("bytes", f"files that differ with {threads} threads in another sequence", differ, [])
    return len(THREADS)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--schemas", type=Path, required=True)
    parser.add_argument("--own-schemas", type=Path, required=True)
    parser.add_argument("paths", type=Path, nargs="+")
    arguments = parser.parse_args()
    unknown = PENDING - OUTPUTS.keys()
    if unknown:
        sys.exit(f"no such form: {unknown}")
    schemas = {file.name: json.loads(file.read_text("utf-8")) for file in arguments.own_schemas.glob("*.json")}

    paths = [path.resolve() for path in arguments.paths]
    for each in paths:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "once"
            (folder / "parquet").mkdir(parents=True)
            (folder / "csv").mkdir()
            run(arguments.program, [each], folder)
            analysis = json.loads((folder / OUTPUTS["json"]).read_text("utf-8"))
            want = check_run(folder, analysis, arguments, schemas)
            runs = check_determinism(arguments.program, inputs_of(each), Path(scratch))
        told = ", ".join(f"{value} {key}" for key, value in want.items())
        print(f"{each.name}: {told}; the same bytes in {runs} runs with 1 to {max(THREADS)} threads, inputs shuffled")
        # Nothing to agree on is no agreement.
        check("evidence", f"{each.name} has a set", want["sets"] > 0, True)

    for name in ("analysis.schema.json", "events.schema.json"):
        check("schemas", f"{name} is there", name in schemas or "schemas" in PENDING, True)
    silent = sorted(form for form in [*OUTPUTS, "bytes"] if form not in PENDING and not checks[form])
    check("all", "forms that nothing was checked of", silent, [])
    print(f"{sum(checks.values())} checks: " + ", ".join(f"{form} {n}" for form, n in sorted(checks.items())))
    if PENDING:
        print(f"not written yet, not checked: {', '.join(sorted(PENDING))}")
    for failure in failures:
        print(f"DIFFERS {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
