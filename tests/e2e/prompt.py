"""Drives a prompt in a pseudo terminal: sends each line and waits for what it should bring."""
import fcntl, os, pty, re, select, struct, sys, termios, time

STEPS = [
    # what is sent, what has to come
    (None, "vsscope> "),
    ("SELECT COUNT(*) AS n\rFROM sets;\r", r"n\s+─\s+7\s+\(1 row\)"),
    ("SELECT stated FROM sets;\r", r"there is no column stated here; did you mean started\?"),
    ("SELECT * FROM findings ORDER BY 0;\r", r"polars, which runs the SQL, failed"),
    ("SELECT 'half a line\x03", r"vsscope> $"),
    ("SELECT outc\t FROM sets WHERE set LIKE '5877%';\r", r"outcome\s+─+\s+completed\s+\(1 row\)"),
    (".format json\r", r"vsscope> $"),
    ("SELECT 1 AS a; -- done;\r", r'\{"a":1\}'),
    (".format parquet\r", "the forms here are"),
    (".format text\r", r"vsscope> $"),
    ("CREATE TABLE failed AS SELECT * FROM sets WHERE outcome = 'aborted';\r", "failed: 3 rows"),
    ("SELECT COUNT(*) AS again FROM failed;\r", r"again\s+─+\s+3\s"),
    (".tables\r", r"findings.*failed"),
    (".columns snapshots\r", r"device\s+text"),
    (".columns nosuch\r", "there is no table nosuch"),
    (".help\r", "Ctrl-D ends"),
    (".nosuch\r", "there is no such command"),
    (" SELECT 'not to be kept' AS secret;\r", r"secret\s+─+\s+not to be kept"),
    # Ctrl-C in a running query ends the program at once: what was entered has to be there by now.
    (lambda: history().index("AS again"), None),
    (".quit\r", None),
]


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r", "", text)


def history():
    with open(os.path.join(os.environ["XDG_STATE_HOME"], "vsscope", "query-history")) as file:
        return file.read()


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    for send, wanted in STEPS:
        if callable(send):
            send()
            continue
        if send is not None:
            os.write(terminal, send.encode())
        seen, until = "", time.time() + 120
        while True:
            if wanted and re.search(wanted, plain(seen), re.S):
                break
            ready, _, _ = select.select([terminal], [], [], 1)
            if ready:
                try:
                    seen += os.read(terminal, 65536).decode(errors="replace")
                except OSError:
                    break
            if time.time() > until:
                sys.exit(f"{send!r} did not bring {wanted!r} but: {plain(seen)!r}")
        # The answer is there; the prompt behind it belongs to the next line.
        time.sleep(0.2)
        print(f"{send!r}: {plain(seen)!r}")
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
