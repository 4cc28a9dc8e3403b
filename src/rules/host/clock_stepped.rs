use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::Confidence;

rule! {
    /// # What it flags
    /// The system clock was set by more than a second while a session or a creation was under way.
    /// # Why it matters
    /// What is measured across the step comes out too long or too short. The rules about time limits leave those intervals out.
    /// # Evidence needed
    /// The System log (Kernel-General 1).
    /// # When it is silent
    /// Steps of a second or less, and steps outside of sessions and sets. Time-Service 35 and 37 do not count: they say from
    /// which source the host takes its time, and not that the clock was set.
    /// # What to do
    /// Read durations across the step with care, and mend the time synchronisation of the host.
    /// # References
    /// vsscope's own rule; Microsoft: Kernel-General event 1.
    pub struct ClockStepped {
        id: "clock-stepped",
        title: "Clock set during a session",
        severity: Warning,
        scope: Host,
        basis: "inferred",
    }
}

impl Rule for ClockStepped {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let steps: Vec<_> =
                case.clock_steps(operation.host(), operation.started, operation.ended).collect();
            if steps.is_empty() {
                continue;
            }
            let named: Vec<String> = steps
                .iter()
                .map(|step| {
                    let by = words::millis(step.old, step.new);
                    let way = if by < 0.0 { "back" } else { "forward" };
                    format!("{way} by {} to {}", words::seconds(by.abs()), words::iso(step.new))
                })
                .collect();
            findings.add(
                Draft::of(self.info(), operation)
                    .confidence(Confidence::Strong)
                    .detail(format!(
                        "While {} was at work the clock was set {}. Durations across that are not to be relied on.",
                        operation.requester(),
                        words::list(&named)
                    ))
                    .remedy("Do not read durations across the step; check the time synchronisation of the host.")
                    .evidence(steps.iter().map(|step| step.event)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "clock-stepped";

    #[test]
    fn a_step_inside_a_session_is_a_warning() {
        let mut lab = Lab::backup();
        lab.clock_step(100.0, 160.0);
        lab.call(200.0, vsscope_model::Method::BackupComplete);
        assert!(find(&lab.run(), ID).detail.contains("forward by 60.0 s"));
    }

    #[test]
    fn a_small_step_is_silent() {
        let mut lab = Lab::backup();
        lab.clock_step(100.0, 101.0);
        lab.call(200.0, vsscope_model::Method::BackupComplete);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_step_after_the_session_is_silent() {
        let mut lab = Lab::backup();
        lab.clock_step(900.0, 960.0);
        assert_silent(&lab, ID);
    }
}
