use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::Confidence;

rule! {
    /// # What it flags
    /// The registry key Services\VSS\Diag has the default value "Disabled".
    /// # Why it matters
    /// VSS and volsnap then seem no longer to note their steps below the key (inferred), so its silence means nothing. A public detection
    /// rule says that the value turns off volume snapshots for a time and takes it for tampering; that effect was not
    /// verified.
    /// # Evidence needed
    /// An export of the key, the output of reg query, or a SYSTEM hive.
    /// # When it is silent
    /// The key has no default value, or another one.
    /// # What to do
    /// Find out who set it, and why: a public script for backups of Hyper-V sets it against crashes. Delete the value to
    /// have the steps recorded again.
    /// # References
    /// KB 3081408; SigmaHQ, rule "Disabled Volume Snapshots" (dee4af55-1f22-4e1d-a9d2-4bdc7ecb472a).
    pub struct DiagRecordingDisabled {
        id: "diag-recording-disabled",
        title: "Recording of VSS steps in the registry is switched off",
        severity: Warning,
        scope: Host,
        basis: "inferred from public reports",
    }
}

impl Rule for DiagRecordingDisabled {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for key in &case.timeline.inventory.registry {
            let value = key.default_value.as_deref().unwrap_or_default();
            // Of a hive only the control set that is in use counts.
            if key.current == Some(false) || !value.trim().eq_ignore_ascii_case("disabled") {
                continue;
            }
            let host = match case.timeline.hosts.as_slice() {
                [only] => only.name.to_string(),
                _ => String::new(),
            };
            let text = format!("{} has the default value \"{value}\"", key.path);
            findings.add(
                Draft::new(self.info(), &host)
                    .confidence(Confidence::Weak)
                    .detail(format!(
                        "{text}. As far as is known, steps are not recorded then; what stands below the key is older."
                    ))
                    .remedy("Find out who set the value and why; delete it to have the steps recorded again.")
                    .listed(&key.source, text),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::RegistryKey;

    #[test]
    fn the_value_disabled_is_found_in_any_case_and_nothing_else_is() {
        for (value, fires) in
            [(Some("Disabled"), true), (Some("disabled "), true), (Some(""), false), (None, false)]
        {
            let mut lab = Lab::new();
            let key = RegistryKey { default_value: value.map(str::to_owned), ..RegistryKey::default() };
            lab.timeline.inventory.registry = vec![key];
            if fires {
                assert_fires(&lab, "diag-recording-disabled");
            } else {
                assert_silent(&lab, "diag-recording-disabled");
            }
        }
    }
}
