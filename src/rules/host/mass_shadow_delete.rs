use crate::rules::pattern::removal;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::BTreeMap;
use vsscope_model::{CallRecord, Method, file_name};

rule! {
    /// # What it flags
    /// One process deleted three shadow copies or more, none of which it or its program had made, within a minute, whether on one
    /// instance of IVssBackupComponents or on several.
    /// # Why it matters
    /// A retention that went wrong, or the preparation of ransomware: restore points and copies of other programs are gone.
    /// # Evidence needed
    /// A trace with the requester's calls; the log of started processes names the account.
    /// # When it is silent
    /// Sets that the process made or imported itself, or another run of the same program on that host; deletes that failed.
    /// A tool that works for whoever calls it (vssadmin, diskshadow, vshadow, wmic, a shell) is no such program. Whether they were all copies of a volume is not
    /// looked at. A scheduled retention of a product whose backups the evidence does
    /// not show looks the same and is for `[[ignore]]` of vsscope.toml. The thresholds are `mass_delete` and `mass_delete_within`.
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

/// Host, process id and image of a requester; of one whose process id is not known, its session.
type Process<'t> = (String, Option<u32>, String, &'t str);

/// A delete of a process with the operation in which it was made.
type Delete<'c, 't> = (&'c Operation<'t>, &'t CallRecord);

impl Rule for MassShadowDelete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let mut processes: BTreeMap<Process<'_>, Vec<&Operation<'_>>> = BTreeMap::new();
        for operation in &case.operations {
            let Some(process) = process(operation) else { continue };
            processes.entry(process).or_default().push(operation);
        }
        for operations in processes.values() {
            let Some((burst, count)) = burst(case, operations) else { continue };
            let Some((operation, first)) = burst.first() else { continue };
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
                    .evidence(burst.iter().flat_map(|(_, call)| call.events.iter().copied())),
            );
        }
    }
}

fn process<'t>(operation: &Operation<'t>) -> Option<Process<'t>> {
    let session = operation.session?;
    let image = session.requester.image_name().unwrap_or_default().to_lowercase();
    let alone = if session.requester.pid.is_some() { "" } else { session.id.as_str() };
    Some((operation.host().to_lowercase(), session.requester.pid, image, alone))
}

/// The first deletes of a process that are many within the time, and how many copies they took.
fn burst<'c, 't>(case: &Case<'t>, operations: &[&'c Operation<'t>]) -> Option<(Vec<Delete<'c, 't>>, usize)> {
    let deletes = operations.iter().flat_map(|operation| {
        let calls = operation.calls_of(&Method::DeleteSnapshots).filter(|call| call.ok());
        calls.map(move |call| (*operation, call))
    });
    let mut deletes: Vec<Delete<'c, 't>> =
        deletes.filter(|(deleting, call)| !is_own_of_program(case, deleting, call)).collect();
    deletes.sort_by_key(|(_, call)| call.started);
    (0..deletes.len()).find_map(|at| {
        let rest = &deletes[at..];
        let until = rest.first()?.1.started + case.thresholds.mass_delete_within;
        let burst: Vec<Delete<'c, 't>> =
            rest.iter().take_while(|(_, call)| call.started <= until).copied().collect();
        let count = burst.iter().fold(0_usize, |count, (_, call)| count.saturating_add(copies(call)));
        (count >= case.thresholds.mass_delete).then_some((burst, count))
    })
}

/// Whether a delete is of a set that the process made or imported, or another run of its program on that host.
fn is_own_of_program(case: &Case<'_>, deleting: &Operation<'_>, call: &CallRecord) -> bool {
    let is_run = |other: &Operation<'_>| {
        let images = image(deleting).zip(image(other));
        deleting.host().eq_ignore_ascii_case(other.host()) && images.is_some_and(|(a, b)| is_program(a, b))
    };
    let is_its = |other: &Operation<'_>| process(other) == process(deleting) || is_run(other);
    case.owners_of_named(call).into_iter().any(|owner| is_its(owner) && is_own(owner, call))
}

fn image<'t>(operation: &Operation<'t>) -> Option<&'t str> {
    operation.session?.requester.image.as_deref()
}

/// Tools of Windows and its kits that work for whoever calls them: two runs of one have no owner in common.
const TOOLS: &[&str] = &[
    "cmd.exe",
    "cscript.exe",
    "diskshadow.exe",
    "powershell.exe",
    "pwsh.exe",
    "vshadow.exe",
    "vssadmin.exe",
    "wmic.exe",
    "wmiprvse.exe",
    "wscript.exe",
];

/// Whether two images are one program with copies of its own: by their paths where both have one, else by the names of
/// the files.
fn is_program(a: &str, b: &str) -> bool {
    let is_bare = |path: &str| !path.contains(['\\', '/']);
    let same = a.eq_ignore_ascii_case(b)
        || ((is_bare(a) || is_bare(b)) && file_name(a).eq_ignore_ascii_case(file_name(b)));
    same && !TOOLS.iter().any(|tool| file_name(a).eq_ignore_ascii_case(tool))
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
