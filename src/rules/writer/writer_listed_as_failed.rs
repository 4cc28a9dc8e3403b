use crate::rules::case::writer_name;
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::{Confidence, ListedWriter};

rule! {
    /// # What it flags
    /// A writer that `vssadmin list writers`, diskshadow or vshadow lists in one of the states 6 to 15 (VSS_WS_FAILED_AT_…).
    /// If the failure itself is in the evidence, at the same callback, the list is added to that finding instead.
    /// # Why it matters
    /// The last thing that this writer was asked to do failed. Most writers stay in the failed state until the next
    /// session, some until their service is restarted, and a backup that needs them fails again until then.
    /// # Evidence needed
    /// The output of a tool that lists writers. States are read by their number, in any language.
    /// # When it is silent
    /// The writer is in another state. A last error beside the state Stable may be left over from an earlier backup.
    /// # What to do
    /// Find the failure itself: VSS 8229 and the writer's own records in the Application log, at the time of the last
    /// backup before the list was made. Repeat the backup; if the state stays, restart the service that hosts the writer.
    /// # References
    /// Microsoft: vssadmin list writers; VSS_WRITER_STATE; In-box VSS Writers.
    pub struct WriterListedAsFailed {
        id: "writer-listed-as-failed",
        title: "Writer listed in a failed state",
        severity: Warning,
        scope: Writer,
        basis: "documented states, observed output",
    }
}

impl Rule for WriterListedAsFailed {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let listed = &case.timeline.inventory.writers;
        let known = if listed.is_empty() { &[] } else { case.writer_failures() };
        for listed in listed {
            let Some(failed) = listed.state.and_then(|state| state.failed_at()) else { continue };
            let Some(name) = writer_name(&listed.writer) else { continue };
            let text = words_of(listed, &name);
            let same: Vec<_> = known.iter().filter(|failure| failure.callback == failed).collect();
            let wanted = |draft: &&mut Draft| {
                draft.info.id.starts_with("writer-failed-at-")
                    && !draft.is_noise()
                    && same.iter().any(|failure| failure.events.iter().all(|e| draft.evidence.contains(e)))
                    && listed.host.as_deref().is_none_or(|host| host.eq_ignore_ascii_case(&draft.host))
                    && draft.writer.as_deref().is_some_and(|writer| is_called(writer, &name))
            };
            // The list was made after the failures: the last one is the one that it shows.
            match findings.drafts_mut().iter_mut().filter(wanted).max_by_key(|draft| draft.time) {
                Some(draft) => draft.listed.push((listed.source.clone(), text)),
                None => findings.add(
                    Draft::new(self.info(), &host(case, listed))
                        .writer(Some(&name))
                        .confidence(Confidence::Strong)
                        .detail(format!("{text}. When it failed is not in the evidence."))
                        .remedy(
                            "Look for the failure in the Application log (VSS 8229 and the writer's own records). Repeat \
                             the backup; if the state stays, restart the service that hosts the writer.",
                        )
                        .listed(&listed.source, text),
                ),
            }
        }
    }
}

/// Whether a finding's writer is the one of this name. A finding may add the instance in parentheses.
fn is_called(writer: &str, name: &str) -> bool {
    let bare = writer.split(" (instance").next().unwrap_or(writer);
    bare.eq_ignore_ascii_case(name)
}

fn words_of(listed: &ListedWriter, name: &str) -> String {
    let state = listed.state.map(|state| match state.name() {
        Some(known) => format!("state {} {known}", state.0),
        None => format!("state {}", state.0),
    });
    let error = listed.last_error.as_ref().map(|error| format!(", last error: {error}")).unwrap_or_default();
    let code =
        listed.failure.map(|code| format!(", {}", crate::rules::words::code(code))).unwrap_or_default();
    format!("{name} is listed in {}{code}{error}", state.unwrap_or_default())
}

/// The machine of a list: named in it, or the only one of the evidence.
fn host(case: &Case<'_>, listed: &ListedWriter) -> String {
    let only = || match case.timeline.hosts.as_slice() {
        [only] => Some(only.name.to_string()),
        _ => None,
    };
    listed.host.as_ref().map(ToString::to_string).or_else(only).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{self, Lab};
    use vsscope_model::{Callback, RecordRef, WriterState};

    const ID: &str = "writer-listed-as-failed";

    fn listed(name: &str, state: u32) -> ListedWriter {
        ListedWriter {
            source: RecordRef { input: "writers.txt".into(), line: Some(12), ..RecordRef::default() },
            writer: Lab::writer(name),
            state: Some(WriterState(state)),
            last_error: Some("Zeitüberschreitung".to_owned()),
            ..ListedWriter::default()
        }
    }

    #[test]
    fn a_failed_state_alone_is_a_finding_with_its_line() {
        let mut lab = Lab::new();
        lab.timeline.inventory.writers =
            vec![listed("NTDS", 9), listed("Registry Writer", 1), listed("X", 5)];
        let findings = lab.run();
        assert_eq!(findings.len(), 1);
        let found = testing::find(&findings, ID);
        assert_eq!((found.writer.as_deref(), found.evidence[0].line), (Some("NTDS"), Some(12)));
        assert!(found.detail.contains("VSS_WS_FAILED_AT_FREEZE"), "{}", found.detail);
    }

    #[test]
    fn a_failure_that_is_known_gets_the_list_as_evidence() {
        let mut lab = Lab::creating();
        lab.callback(2.0, "SqlServerWriter", Callback::Freeze, false);
        lab.timeline.inventory.writers = vec![listed("SqlServerWriter", 9)];
        let findings = lab.run();
        assert!(!findings.iter().any(|finding| finding.rule == ID));
        let found = testing::find(&findings, "writer-failed-at-freeze");
        assert!(found.evidence.iter().any(|evidence| evidence.input == "writers.txt"));
    }

    #[test]
    fn the_list_of_another_writer_is_a_finding_of_its_own() {
        let mut lab = Lab::creating();
        lab.callback(2.0, "SqlServerWriter", Callback::Freeze, false);
        lab.timeline.inventory.writers = vec![listed("NTDS", 9)];
        testing::assert_fires(&lab, ID);
    }
}
