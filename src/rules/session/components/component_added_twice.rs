use crate::rules::components::{self, same_key};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// AddComponent for a component that the document already holds: VSS answered VSS_E_OBJECT_ALREADY_EXISTS, or two
    /// calls with the same key succeeded. The key is writer class, writer instance, logical path and name; the component's
    /// type is not part of it.
    /// # Why it matters
    /// The list of components was built from two sources, or one source was read two times. A program that takes the
    /// answer for a failure gives up a backup that would have worked.
    /// # Evidence needed
    /// A trace with the requester's calls; for the second form with their parameters.
    /// # When it is silent
    /// The same name below another logical path or of another writer instance is another component.
    /// # What to do
    /// Keep a set of the keys that were added, and take the code for success when the first call succeeded.
    /// # References
    /// Microsoft: IVssBackupComponents::AddComponent; Use of Components by the Requestor.
    pub struct ComponentAddedTwice {
        id: "component-added-twice",
        title: "Same component added twice",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for ComponentAddedTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let adds: Vec<&CallRecord> = operation.calls_of(&Method::AddComponent).collect();
            let repeats: Vec<(&CallRecord, Option<&CallRecord>)> =
                adds.iter().enumerate().filter_map(|(at, call)| repeat(call, &adds[..at])).collect();
            let Some((first, _)) = repeats.first() else { continue };
            let named: Vec<String> = repeats.iter().map(|(call, _)| name(call)).collect();
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{} added again what the document already held: {}.",
                        words::capital(&operation.requester()),
                        words::list(&named)
                    ))
                    .remedy("Let the requester remember the keys that it has added, or ignore this answer.")
                    .evidence(repeats.iter().flat_map(|(call, _)| call.events.iter().copied()))
                    .evidence(
                        repeats
                            .iter()
                            .filter_map(|(_, earlier)| *earlier)
                            .flat_map(|c| c.events.iter().copied()),
                    ),
            );
        }
    }
}

/// Whether a call repeats one of the earlier ones; which, where the parameters tell.
fn repeat<'t>(
    call: &'t CallRecord,
    earlier: &[&'t CallRecord],
) -> Option<(&'t CallRecord, Option<&'t CallRecord>)> {
    let key = call.args.component.as_ref();
    let same = |other: &&&CallRecord| {
        other.ok() && matches!((key, &other.args.component), (Some(a), Some(b)) if same_key(a, b))
    };
    let first = earlier.iter().find(same).copied();
    let refused = call.hresult == Some(HResult::VSS_OBJECT_ALREADY_EXISTS);
    (refused || (call.ok() && first.is_some())).then_some((call, first))
}

fn name(call: &CallRecord) -> String {
    let component = components::of(call).map_or_else(|| "a component".to_owned(), components::label);
    format!("{component} at {}", words::iso(call.started))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::Component;

    const ID: &str = "component-added-twice";

    fn add(lab: &mut Lab, at: f64, instance: &str, path: &str, name: &str) {
        lab.call(at, Method::AddComponent).args.component = Some(Component {
            writer: "SqlServerWriter".into(),
            instance: Some(instance.into()),
            path: path.into(),
            name: name.into(),
        });
    }

    #[test]
    fn two_successes_with_one_key_are_flagged() {
        let mut lab = Lab::session_only();
        add(&mut lab, 1.0, "i1", "SRV", "orders");
        add(&mut lab, 2.0, "I1", "SRV", "orders");
        let findings = lab.run();
        assert!(find(&findings, ID).detail.contains("SRV\\orders"));
        assert_eq!(find(&findings, ID).evidence.len(), 2);
    }

    #[test]
    fn the_answer_is_enough_without_parameters() {
        let mut lab = Lab::session_only();
        lab.call(1.0, Method::AddComponent).hresult = Some(HResult::VSS_OBJECT_ALREADY_EXISTS);
        assert_fires(&lab, ID);
    }

    #[test]
    fn other_instance_path_or_name_is_another_component() {
        let mut lab = Lab::session_only();
        add(&mut lab, 1.0, "i1", "SRV", "orders");
        add(&mut lab, 2.0, "i2", "SRV", "orders");
        add(&mut lab, 3.0, "i1", "SRV2", "orders");
        add(&mut lab, 4.0, "i1", "SRV", "stock");
        assert_silent(&lab, ID);
    }
}
