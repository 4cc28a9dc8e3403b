use crate::knowledge::writers;
use crate::rules::components;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::{BTreeSet, HashMap};
use vsscope_model::{BackupType, Component, Method, file_name};

rule! {
    /// # What it flags
    /// Two programs ran backups of types that mark the application's history (full, incremental, log) with components of
    /// the same instance of a writer within a week, both with success.
    /// # Why it matters
    /// Each full backup ends the chain of the other program: its next incremental or log backup does not fit its own full
    /// one, and logs that it needs are cut.
    /// # Evidence needed
    /// A trace with the calls of both requesters, their process images, backup types and components.
    /// # When it is silent
    /// Copy and differential backups; jobs without components; components that the requester marked as failed
    /// (SetBackupSucceeded with false); jobs whose DoSnapshotSet failed; programs whose image is not known; two images of one
    /// file name, which are one program, for instance before and after an upgrade. Writers of the system that have no logs
    /// and no history: System Writer, Registry, COM+ REGDB, ASR, Task Scheduler, WMI, BITS, IIS, performance counters, and
    /// those of VSS itself. The time is `two_products_within` of vsscope.toml.
    /// # What to do
    /// Let one program do the full backups of this application; set the other one to COPY.
    /// # References
    /// Microsoft: VSS_BACKUP_TYPE; Overview of Backup Types. The rule is inferred.
    pub struct TwoProductsFull {
        id: "two-products-full",
        title: "Two programs back up the same application with full marks",
        severity: Warning,
        scope: Host,
        basis: "inferred",
    }
}

/// One such backup.
struct Job<'c, 't> {
    operation: &'c Operation<'t>,
    image: String,
    /// The components that were not marked as failed.
    components: Vec<&'t Component>,
}

impl Rule for TwoProductsFull {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let jobs: Vec<Job<'_, '_>> = case.operations.iter().filter_map(job).collect();
        let mut told: BTreeSet<(String, String, String, String)> = BTreeSet::new();
        let mut hosts: HashMap<String, Vec<&Job<'_, '_>>> = HashMap::new();
        for later in &jobs {
            let before = hosts.entry(later.operation.host().to_ascii_lowercase()).or_default();
            let near = |earlier: &&Job<'_, '_>| {
                later.operation.started - earlier.operation.started <= case.thresholds.two_products_within
            };
            let rivals = before.iter().copied().rev().take_while(near);
            for earlier in rivals.filter(|earlier| !same_image(&earlier.image, &later.image)) {
                let shared = shared_writers(earlier, later);
                let Some(first) = shared.first() else { continue };
                let mut images = [earlier.image.clone(), later.image.clone()];
                images.sort();
                let [a, b] = images;
                let host = later.operation.host().to_lowercase();
                if !told.insert((host, a, b, first.clone())) {
                    continue;
                }
                findings.add(
                    Draft::of(self.info(), later.operation)
                        .at(later.operation.started)
                        .detail(format!(
                            "{} and {} both ran backups with full marks of {}: at {} and at {}.",
                            earlier.image,
                            later.image,
                            words::list(&shared),
                            words::iso(earlier.operation.started),
                            words::iso(later.operation.started)
                        ))
                        .remedy("Let one of the programs do the full backups of this application, and set the other one to COPY.")
                        .evidence([earlier, later].into_iter().flat_map(|job| {
                            let calls = job.operation.calls_of(&Method::BackupComplete);
                            calls.flat_map(|call| call.events.iter().copied())
                        })),
                );
            }
            before.push(later);
        }
    }
}

/// A completed backup of a type that changes the application's history, in component mode.
fn job<'c, 't>(operation: &'c Operation<'t>) -> Option<Job<'c, 't>> {
    let session = operation.session?;
    let marks =
        matches!(session.backup_type, Some(BackupType::Full | BackupType::Incremental | BackupType::Log));
    let completed = operation.calls_of(&Method::BackupComplete).any(|call| call.ok());
    let mut created = operation.calls_of(&Method::DoSnapshotSet).peekable();
    let failed = created.peek().is_some() && created.all(|call| call.failed());
    let image = session.requester.image.as_deref()?.to_lowercase();
    let added = operation.calls_of(&Method::AddComponent).filter(|call| call.ok());
    let components: Vec<&Component> = added
        .filter_map(components::of)
        .filter(|component| !is_marked_failed(operation, component))
        .collect();
    (marks && completed && !failed && !components.is_empty()).then_some(Job { operation, image, components })
}

/// Whether the last SetBackupSucceeded of a component says that its backup failed.
fn is_marked_failed(operation: &Operation<'_>, component: &Component) -> bool {
    let of_it = operation.calls_of(&Method::SetBackupSucceeded).filter(|call| {
        call.ok() && components::of(call).is_some_and(|named| components::may_be_same(named, component))
    });
    of_it.last().is_some_and(|call| call.args.succeeded == Some(false))
}

/// Whether two images are one program, by the names of the files: an upgrade may have a folder of its own.
fn same_image(a: &str, b: &str) -> bool {
    file_name(a) == file_name(b)
}

/// Whether a full backup may end something for the next backup of a component's writer. Of a writer that is not known it may.
fn has_history(component: &Component) -> bool {
    !components::writer_class(component).is_some_and(writers::has_no_history)
}

/// The writers with a history of which both jobs have components, by name. Two instances of a writer are two applications.
fn shared_writers(a: &Job<'_, '_>, b: &Job<'_, '_>) -> Vec<String> {
    let meet = |one: &Component, other: &Component| {
        let no_instance = one.instance.is_none() || other.instance.is_none();
        components::of_one_writer(one, other) || (no_instance && components::same_writer(one, other))
    };
    let with_history = a.components.iter().filter(|one| has_history(one));
    let shared = with_history.filter(|one| b.components.iter().any(|other| meet(one, other)));
    let names: BTreeSet<String> = shared.map(|component| components::writer(component)).collect();
    names.into_iter().collect()
}
