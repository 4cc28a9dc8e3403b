//! Exit codes: a public interface (`docs/cli.md`).

use crate::Outcome;
use vsscope_model::Severity;

/// Everything was read; no finding reaches `--fail-on`.
pub const OK: u8 = 0;
/// A finding reaches `--fail-on`.
pub const FINDINGS: u8 = 1;
/// Usage error, or nothing could be done.
pub const UNUSABLE: u8 = 2;
/// No finding reaches `--fail-on`, but some of the input was unreadable.
pub const INCOMPLETE: u8 = 3;
/// Interrupted (Ctrl-C).
pub const INTERRUPTED: u8 = 130;

/// The exit code of a run that fails from this severity on, or for no finding. Findings weigh more than lost input; only
/// those of status `new` count.
pub fn code(outcome: &Outcome, fail_on: Option<Severity>) -> u8 {
    if !outcome.any_read {
        return UNUSABLE;
    }
    let fails = fail_on.is_some_and(|least| outcome.analysis.worst().is_some_and(|worst| worst >= least));
    match (fails, outcome.any_lost) {
        (true, _) => FINDINGS,
        (false, true) => INCOMPLETE,
        (false, false) => OK,
    }
}
