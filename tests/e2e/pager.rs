//! The pager, in a pseudo terminal that Python opens.

use crate::support::sample;
use std::process::Command;

/// Runs a command (arguments behind the height) in a terminal of so many lines and prints what it wrote.
const TERMINAL: &str = r"
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', int(sys.argv[1]), 100, 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
";

/// A pager that can be told from none.
const MARKING: &str = "sed s/^/PAGED:/";

/// Exit code and what a terminal of so many lines shows; nothing where there is no Python, which is said.
#[allow(clippy::print_stderr, reason = "a skipped test has to say that it was skipped")]
fn in_terminal(height: u16, pagers: [Option<&str>; 2], options: &[&str]) -> Option<(i32, String)> {
    let mut command = Command::new("python3");
    command.args(["-c", TERMINAL, &height.to_string(), env!("CARGO_BIN_EXE_vsscope")]);
    command.args(options).arg(sample("writer-failure"));
    command.env("NO_COLOR", "1").env_remove("LESS").env("TERM", "dumb");
    for (name, pager) in ["VSSCOPE_PAGER", "PAGER"].into_iter().zip(pagers) {
        match pager {
            Some(pager) => command.env(name, pager),
            None => command.env_remove(name),
        };
    }
    match command.output() {
        Ok(output) => Some((
            output.status.code().expect("an exit code"),
            String::from_utf8(output.stdout).expect("UTF-8"),
        )),
        Err(error) => {
            eprintln!("skipped: python3 does not start: {error}");
            None
        }
    }
}

#[test]
fn tall_text_on_a_terminal_is_paged() {
    let Some((code, text)) = in_terminal(10, [Some(MARKING), None], &[]) else { return };
    assert_eq!(code, 1, "findings, as without a pager");
    assert!(text.starts_with("PAGED:── vsscope") && text.contains("PAGED:ERROR"), "{text}");
    let (_, text) = in_terminal(10, [None, Some(MARKING)], &["timeline"]).expect("Python is there");
    assert!(text.starts_with("PAGED:── Set"), "{text}");
}

#[test]
fn what_fits_and_what_is_not_wanted_is_not_paged() {
    let marking = [Some(MARKING), None];
    let cases: [(u16, _, &[&str]); 7] = [
        (2000, marking, &[]),
        (10, marking, &["--no-pager"]),
        (10, marking, &["-q"]),
        (10, marking, &["-f", "json"]),
        (10, [Some(""), Some(MARKING)], &[]),
        (10, [Some("cat"), Some(MARKING)], &[]),
        (10, [Some("/there/is/no/such/pager"), None], &[]),
    ];
    for (height, pagers, options) in cases {
        let Some((code, text)) = in_terminal(height, pagers, options) else { return };
        assert_eq!(code, 1, "{options:?}: {text}");
        assert!(
            text.lines().count() > 30 && !text.contains("PAGED:"),
            "{height} {pagers:?} {options:?}: {text}"
        );
    }
}

#[test]
fn a_pipe_is_never_paged() {
    let mut command = crate::support::vsscope();
    let output =
        command.env("VSSCOPE_PAGER", MARKING).arg(sample("crashed-backup")).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.lines().count() > 30 && !text.contains("PAGED:"), "{text}");
}
