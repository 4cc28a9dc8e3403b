//! Documented limits of the protocol, in milliseconds.

use super::writers;
use vsscope_model::Guid;

/// From Freeze to Thaw of one writer: `dwTimeoutFreeze` of `CVssWriter::Initialize`, 60 s unless the writer sets another
/// (learn.microsoft.com, CVssWriter::Initialize and OnFreeze; KB 915331).
pub const FREEZE_WINDOW_MS: f64 = 60_000.0;
/// The same for the Exchange writers (learn.microsoft.com, Overview of processing a backup under VSS).
pub const FREEZE_WINDOW_EXCHANGE_MS: f64 = 20_000.0;
/// From flush-and-hold to the release of writes; the kernel cancels the hold then, and nobody can configure it
/// (learn.microsoft.com, Shadow copy creation for providers; KB 975688).
pub const FLUSH_AND_HOLD_MS: f64 = 10_000.0;

/// The freeze limit of a writer.
pub fn freeze_window_ms(class_id: Option<Guid>, name: &str) -> f64 {
    match class_id.or_else(|| writers::by_name(name).map(|w| w.class_id)) {
        Some(id) if id == writers::EXCHANGE => FREEZE_WINDOW_EXCHANGE_MS,
        _ => FREEZE_WINDOW_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchange_has_its_own_freeze_limit() {
        assert_eq!(freeze_window_ms(None, "Microsoft Exchange Writer"), 20_000.0);
        assert_eq!(freeze_window_ms(Some(writers::EXCHANGE), "any name"), 20_000.0);
        assert_eq!(freeze_window_ms(None, "SqlServerWriter"), 60_000.0);
    }
}
