use crate::rules::pattern::removal;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// One program deleted three shadow copies or more, none of which it had made itself, within a minute.
    /// # Why it matters
    /// A retention that went wrong, or the preparation of ransomware: restore points and copies of other programs are gone.
    /// # Evidence needed
    /// A trace with the requester's calls; the log of started processes names the account.
    /// # When it is silent
    /// Sets that the session made or imported itself; deletes that failed. A scheduled retention of a known product looks
    /// the same and is for `[[ignore]]` of vsscope.toml. The thresholds are `mass_delete` and `mass_delete_within`.
    /// # What to do
    /// Check the program, its account and its command line. If nobody meant it, treat the host as compromised.
    /// # References
    /// Microsoft: IVssBackupComponents::DeleteSnapshots; MITRE ATT&CK T1490. The thresholds are inferred.
    pub struct MassShadowDelete {
        id: "mass-shadow-delete",
        title: "Many shadow copies deleted by one program",
        severity: Warning,
        scope: Host,
        basis: "inferred threshold",
    }
}

impl Rule for MassShadowDelete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let deletes: Vec<&CallRecord> = operation
                .calls_of(&Method::DeleteSnapshots)
                .filter(|call| call.ok() && !is_own(operation, call))
                .collect();
            let within = |first: &CallRecord| {
                let near = deletes.iter().filter(|call| {
                    first.started <= call.started
                        && call.started - first.started <= case.thresholds.mass_delete_within
                });
                near.copied().collect::<Vec<_>>()
            };
            let bursts = deletes.iter().map(|first| within(first));
            let Some((burst, count)) = bursts
                .map(|burst| {
                    let count: usize = burst.iter().map(|call| copies(call)).sum();
                    (burst, count)
                })
                .find(|(_, count)| *count >= case.thresholds.mass_delete)
            else {
                continue;
            };
            let Some(first) = burst.first() else { continue };
            let user = operation.session.and_then(|session| session.requester.user.as_deref());
            let user = user.map(|user| format!(" (account {user})")).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{}{user} deleted {count} shadow copies that it had not made, from {} on.",
                        words::capital(&operation.requester()),
                        words::iso(first.started)
                    ))
                    .remedy(
                        "Find out what the program is and who started it. If the deletion was not meant, treat the host as \
                         compromised and check that backups still exist elsewhere.",
                    )
                    .evidence(burst.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Whether a delete is of a set that the session made or imported.
fn is_own(operation: &Operation<'_>, call: &CallRecord) -> bool {
    let imported =
        |set: &str| operation.session.is_some_and(|session| session.sets.iter().any(|own| own == set));
    operation.sets.iter().any(|set| removal::names(call, set))
        || call.set.is_some_and(|set| imported(&set.to_string()))
}

/// How many copies a call deleted: what it reports, else one.
fn copies(call: &CallRecord) -> usize {
    call.args.deleted.map_or(1, |deleted| usize::try_from(deleted).unwrap_or(usize::MAX))
}
