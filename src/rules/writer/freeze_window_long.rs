use crate::rules::pattern::freeze_window::{self, Window};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};

rule! {
    /// # What it flags
    /// A writer was frozen for half of its limit or longer (threshold `freeze-window-share`), and thawed in time.
    /// # Why it matters
    /// The backup worked. Under more load the same host will miss the limit, and the backup with it.
    /// # Evidence needed
    /// The times of Freeze and Thaw of the writer.
    /// # When it is silent
    /// The limit was reached (freeze-window-exceeded speaks then), the window ended in an Abort, or the clock was set or
    /// events were lost in between.
    /// # What to do
    /// See which part of the window took longest and move the job, spread the volumes or mend the provider before it fails.
    /// # References
    /// Microsoft: CVssWriter::OnFreeze; Shadow Copy Creation for Providers. The threshold of one half is vsscope's own.
    pub struct FreezeWindowLong {
        id: "freeze-window-long",
        title: "Freeze window near its limit",
        severity: Warning,
        scope: Writer,
        basis: "documented limit, inferred threshold",
    }
}

impl Rule for FreezeWindowLong {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let share = case.thresholds.freeze_window_share;
        let is_long = |window: &Window<'_, '_>| {
            (share * window.limit..window.limit).contains(&window.lasted)
                && window.phase.result.as_deref() != Some("abort")
        };
        for window in freeze_window::windows(case).filter(is_long) {
            let note = window.phase.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), window.operation)
                    .set(Some(window.set))
                    .writer(Some(&window.run.name))
                    .confidence(window.confidence())
                    .detail(format!(
                        "{} was frozen for {}{note}, {} % of its limit of {}.",
                        window.run.name,
                        words::seconds(window.lasted),
                        // Rounded down: a window below its limit is not 100 % of it.
                        (window.lasted / window.limit * 100.0).floor(),
                        words::seconds(window.limit)
                    ))
                    .remedy(
                        "See in the timeline of the set which part of the window took longest, and lower the load or \
                         spread the volumes before the limit is missed.",
                    )
                    .evidence(window.phase.events.iter().copied()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::Callback;

    const ID: &str = "freeze-window-long";

    fn window(seconds: f64, end: Callback) -> Lab {
        let mut lab = Lab::creating();
        lab.freeze("SqlServerWriter", 9.0, 9.0 + seconds, end);
        lab
    }

    #[test]
    fn from_half_of_the_limit_on_it_is_long() {
        let findings = window(45.0, Callback::Thaw).run();
        assert!(find(&findings, ID).detail.contains("75 % of its limit"), "{}", find(&findings, ID).detail);
        assert_silent(&window(29.9, Callback::Thaw), ID);
    }

    #[test]
    fn beyond_the_limit_another_rule_speaks() {
        assert_silent(&window(60.0, Callback::Thaw), ID);
    }

    #[test]
    fn an_aborted_window_is_silent() {
        assert_silent(&window(45.0, Callback::Abort), ID);
    }

    #[test]
    fn a_window_below_its_limit_is_not_all_of_it() {
        let findings = window(59.9, Callback::Thaw).run();
        assert!(find(&findings, ID).detail.contains("99 % of its limit"), "{}", find(&findings, ID).detail);
    }
}
