#!/usr/bin/env python3
"""Makes the corpora and dictionaries that scripts/fuzz.sh begins with.

usage: fuzz-seeds.py ROOT FIXTURES OUT     repository, program vsscope-fixtures, folder for what is made

Seeds are cut from the committed samples, from scenarios that the fixtures write in every form, from ../shared/samples where
they are, and from fuzz/seeds (forms that the fixtures do not write). They are small: what is slow to run is mutated rarely.
Dictionaries are the words that the readers look for, taken from their sources.
"""
import hashlib, re, struct, subprocess, sys, tempfile
from pathlib import Path

root, fixtures, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
SAMPLES = root.parent / "shared" / "samples"
TEXT, BINARY = 1500, 4000
SCENARIOS = ["healthy-backup", "writer-failed-at-freeze", "provider-veto", "aborted-while-copying"]
FORMS = {
    "nxlog": [[]], "evtx-dump": [[]], "events": [[]], "evtx": [[]],
    "trace-registry": [[], ["--no-timestamps"], ["--encoding", "utf16le"]], "trace-vsstrace": [[]],
    "etl": [["--buffer-size", "1024"], ["--buffer-size", "1024", "--compressed"], ["--buffer-size", "2048", "--wrapped"]],
    "reg": [[]], "reg-query": [[]], "list-writers": [[], ["--french"], ["--wrap", "60"]], "list-shadows": [[]],
    "list-providers": [[]], "list-shadowstorage": [[]], "diskshadow": [[], ["--wrap", "60"]],
}
# The first byte of these targets chooses the format, see fuzz/src/targets.rs.
CHOICES = {
    "trace": ["vss-trace"], "registry": ["registry-export", "registry-query"],
    "console": ["vssadmin", "diskshadow", "vshadow", "sqlwriter-log"],
    "json": ["nxlog-json", "evtx-dump-json", "winlogbeat-json", "vsscope-events"],
}
ROOMS = {
    "trace": ["trace"], "registry": ["diag"], "hive": ["diag"], "console": ["console"], "json": ["json", "windows"],
    "etl": ["etl", "trace"], "evtx": ["evtx", "json"], "evtx_chunks": ["evtx", "json"], "profile": ["trace"],
    "detect": ["input", "json", "console", "diag", "trace"],
}


def keep(target, seed):
    if not seed:
        return
    folder = out / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


def text(target, name, data):
    """A seed of text, whole or as pieces of it, with the byte that chooses the format."""
    choice = bytes([CHOICES[target].index(name)])
    for piece in pieces(data):
        keep(target, choice + piece)
        keep("detect", piece)
    zone = bytes([choice[0] | 8])
    keep(target, zone + data[:TEXT])


def pieces(data):
    """The beginning, and where there is more, the middle and the end, cut at lines."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if len(data) <= TEXT or wide:
        return [data[:TEXT]]
    lines = data.splitlines(keepends=True)
    found = []
    for start in (0, len(lines) // 3, 2 * len(lines) // 3):
        piece = b""
        for line in lines[start:]:
            if piece and len(piece) + len(line) > TEXT:
                break
            piece += line
        found.append(piece[:2 * TEXT])
    return found


def evtx(data):
    """A file header with the first records of a chunk; for the targets that make the chunk, its records alone."""
    for at in range(4096, min(len(data), 4096 + 4 * 65536), 65536):
        chunk = data[at:at + 65536]
        if not chunk.startswith(b"ElfChnk\0"):
            continue
        ends, place = [], 512
        while chunk[place:place + 4] == b"**\0\0":
            place += max(28, struct.unpack_from("<I", chunk, place + 4)[0])
            ends.append(place)
        for limit in (BINARY // 3, BINARY, 2 * BINARY):
            end = max([end for end in ends if end <= limit + 512], default=min(ends, default=1000))
            records = chunk[512:end]
            keep("evtx", chunk[:end])
            keep("evtx_chunks", b"\0\0" + struct.pack("<H", len(records)) + records)
            keep("evtx_crate", b"\0" + records)
        keep("detect", chunk[:2000])
    keep("evtx", data[:4096 + 1500])


def etl(data):
    for length in (1500, BINARY, 3 * BINARY):
        keep("etl", data[:length])
    keep("detect", data[:2000])


def hive(kind=b"lh"):
    """A SYSTEM hive with one step below Services\\VSS\\Diag\\SPP, by the published layout of regf."""
    bins = bytearray(b"hbin" + bytes(0x1c))

    def cell(content):
        at = len(bins)
        size = (len(content) + 4 + 7) // 8 * 8
        bins.extend(struct.pack("<i", -size) + content.ljust(size - 4, b"\0"))
        return at

    def value(name, type_, data):
        place = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", cell(data))
        size = len(data) | (0x80000000 if len(data) <= 4 else 0)
        return cell(b"vk" + struct.pack("<HI", len(name), size) + place + struct.pack("<IHH", type_, 1, 0) + name)

    def key(name, keys=(), values=()):
        subkeys, list_, value_list = [key(*child) for child in keys], 0xffffffff, 0xffffffff
        if subkeys:
            hints = kind in (b"lh", b"lf")
            entries = b"".join(struct.pack("<II" if hints else "<I", *([at, 0] if hints else [at])) for at in subkeys)
            list_ = cell(kind + struct.pack("<H", len(subkeys)) + entries)
        if values:
            value_list = cell(b"".join(struct.pack("<I", value(*one)) for one in values))
        return cell(b"nk" + struct.pack("<HQIIIIIIII", 0x20, 0x01DA000000000000, 0, 0, len(subkeys), 0, list_, 0xffffffff,
                                        len(values), value_list).ljust(0x46, b"\0") + struct.pack("<HH", len(name), 0) + name)

    step = struct.pack("<IIQIIIIII", 0x48, 0, 0x01DA000000000000, 0x1A4C, 0xE24, 1, 0, 0, 0).ljust(0x48, b"\0")
    spp = (b"SPP", (), [(b"SppCreate (Enter)", 3, step), (b"SppCreate (Leave)", 3, step)])
    vss = (b"Services", [(b"VSS", [(b"Diag", [spp], [(b"", 1, "{x}".encode("utf-16le"))])])])
    computer = (b"Control", [(b"ComputerName", [(b"ComputerName", (), [(b"ComputerName", 1, "HOST1\0".encode("utf-16le"))])])])
    select = (b"Select", (), [(b"Current", 4, b"\1\0\0\0"), (b"LastKnownGood", 4, b"\1\0\0\0")])
    top = key(b"ROOT", [select, (b"ControlSet001", [computer, vss])])
    head = b"regf" + struct.pack("<10I", 7, 7, 0, 0, 1, 5, 0, 1, top, len(bins))
    head = head.ljust(0x1fc, b"\0")
    total = 0
    for word in struct.unpack("<127I", head):
        total ^= word
    return (head + struct.pack("<I", total)).ljust(0x1000, b"\0") + bytes(bins)


def generated(folder):
    for scenario in SCENARIOS:
        for form, variants in FORMS.items():
            for number, options in enumerate(variants):
                target = Path(folder) / f"{scenario}-{form}-{number}"
                command = [fixtures, "generate", "--scenario", scenario, "--form", form, *options, "--out", str(target)]
                if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
                    sys.exit(f"failed: {' '.join(command)}")
                for path in sorted(target.rglob("*")):
                    if path.is_file():
                        route(form, path.read_bytes())


def route(form, data):
    if form == "evtx":
        evtx(data)
    elif form == "etl":
        etl(data)
    elif form.startswith("trace"):
        text("trace", "vss-trace", data)
        keep("profile", PROFILE + data[:1000])
    elif form == "reg":
        text("registry", "registry-export", data)
    elif form == "reg-query":
        text("registry", "registry-query", data)
    elif form.startswith("list-"):
        text("console", "vssadmin", data)
    elif form == "diskshadow":
        text("console", "diskshadow", data)
    else:
        name = {"nxlog": "nxlog-json", "evtx-dump": "evtx-dump-json", "events": "vsscope-events"}[form]
        text("json", name, data)


PROFILE = b'''[[profile]]
name = "own"
prefix = "[{time},{pid:hex}:{tid:dec}] {?({module}) }{indent}{skip} "
time_format = "%d.%m.%Y %H:%M:%S%.f"
enter = "IN"
exit = ["OUT", "DONE"]

----
'''


def samples():
    """Seeds from what is there beside the repository; nothing of it is kept in the repository."""
    if not SAMPLES.is_dir():
        print(f"without samples: {SAMPLES} is not there")
        return
    for path in sorted(SAMPLES.glob("evtx/*.evtx")):
        evtx(path.read_bytes())
    for path in sorted(SAMPLES.glob("etl/*.etl")):
        etl(path.read_bytes())
    for path in sorted(SAMPLES.glob("json/*.zip")):
        data = path.read_bytes()
        keep("zip", b"\0" + data[4:4000])


def own():
    """fuzz/seeds/TARGET/FORMAT.txt, and a few shapes for the targets that build their input."""
    for path in sorted((root / "fuzz/seeds").glob("*/*")):
        target, data = path.parent.name, path.read_bytes()
        if target in CHOICES:
            text(target, path.stem, data)
        else:
            keep(target, data)
    for kind in (b"lh", b"lf", b"li"):
        keep("hive", hive(kind))
    keep("detect", hive()[:0x1100])
    line = b'{"SourceName":"VSS","EventID":8224,"TimeCreated":"2031-03-07T04:05:06Z"}'
    for flags in (0, 1, 2, 8, 9, 0x10, 0x20, 0x40, 0x80):
        keep("zip", b"\1" + bytes([flags, 0]) + struct.pack("<H", len(line)) + line + bytes([8, 1, 4, 0]) + b"abcd\0")
    for number in range(16):
        seed = hashlib.sha512(bytes([number])).digest() * 8
        keep("evtx_binxml", seed)
        keep("evtx_crate", b"\1" + seed)


def dictionary(target, rooms):
    """The words in the sources of the rooms: literals of readers, not of their tests."""
    words = set()
    for room in rooms:
        for path in sorted((root / "parsers/src" / room).rglob("*.rs")):
            source = path.read_text().split("#[cfg(test)]")[0]
            if path.name == "tests.rs" or "tests" in path.parts or path.name in ("fixture.rs", "testing.rs"):
                continue
            source = re.sub(r"^\s*//.*$", "", source, flags=re.M)
            words.update(re.findall(r'"((?:[^"\\\n]|\\["\\]){2,32})"', source))
    lines = []
    for number, word in enumerate(sorted(words)):
        raw = word.replace('\\"', '"').replace("\\\\", "\\").encode()
        lines.append(f'w{number}="' + "".join(f"\\x{byte:02x}" for byte in raw) + '"')
    folder = out / "dictionaries"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{target}.dict").write_text("\n".join(lines) + "\n")


own()
for path in sorted((root / "fixtures/samples").rglob("*.evtx")):
    evtx(path.read_bytes())
for path in sorted((root / "fixtures/samples").rglob("*.etl")):
    etl(path.read_bytes())
with tempfile.TemporaryDirectory() as folder:
    generated(folder)
samples()
for target, rooms in ROOMS.items():
    dictionary(target, rooms)
for folder in sorted((out / "corpus").iterdir()):
    print(f"{folder.name}: {len(list(folder.iterdir()))} seeds")
