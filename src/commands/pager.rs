//! Text that is taller than the terminal, a screen at a time.
//!
//! As git does it: the program of `VSSCOPE_PAGER`, else of `PAGER`, else `less`; `cat` or nothing switches paging off. Only text
//! for a terminal comes here; it holds no sequences but those of its colours.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// The flags of `less` where the user set none: leave if all fits on the screen (F), show colours (R), leave the text on the
/// screen (X), leave on interrupt (K), or it would be left behind when vsscope is interrupted.
const LESS: &str = "FRXK";

/// Shows the text through the pager; `false` if it has to be printed plainly: it fits, there is no pager, or it does not start.
pub fn show(text: &str) -> bool {
    let height = terminal_size::terminal_size().map(|(_, height)| usize::from(height.0));
    if height.is_none_or(|height| text.lines().count() < height) {
        return false;
    }
    let set = |name| std::env::var(name).ok();
    command(set("VSSCOPE_PAGER"), set("PAGER")).is_some_and(|words| page(&words, text))
}

/// The words of the command; nothing where paging is off. A variable that is set and empty says so.
fn command(own: Option<String>, common: Option<String>) -> Option<Vec<String>> {
    let line = own.or(common).unwrap_or_else(|| "less".to_owned());
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    (!words.is_empty() && words != ["cat"]).then_some(words)
}

fn page(words: &[String], text: &str) -> bool {
    let [program, arguments @ ..] = words else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // A reader that leaves before the end of the text has seen enough.
        let _ = input.write_all(text.as_bytes());
    }
    let _ = pager.wait();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_variable_counts_before_the_common_one_and_nothing_is_no_pager() {
        let command = |own: Option<&str>, common: Option<&str>| {
            command(own.map(str::to_owned), common.map(str::to_owned)).map(|words| words.join(" "))
        };
        assert_eq!(command(None, None).as_deref(), Some("less"));
        assert_eq!(command(None, Some("more -s")).as_deref(), Some("more -s"));
        assert_eq!(command(Some("most"), Some("more")).as_deref(), Some("most"));
        for off in ["", "  ", "cat"] {
            assert_eq!(command(Some(off), Some("more")), None, "{off:?}");
            assert_eq!(command(None, Some(off)), None, "{off:?}");
        }
    }
}
