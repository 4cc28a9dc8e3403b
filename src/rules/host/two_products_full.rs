use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::BTreeSet;
use vsscope_model::{BackupType, Method};

rule! {
    /// # What it flags
    /// Two programs ran backups of types that mark the application's history (full, incremental, log) with components of
    /// the same writer within a week, both with success.
    /// # Why it matters
    /// Each full backup ends the chain of the other program: its next incremental or log backup does not fit its own full
    /// one, and logs that it needs are cut.
    /// # Evidence needed
    /// A trace with the calls of both requesters, their process images, backup types and components.
    /// # When it is silent
    /// Copy and differential backups; jobs without components; programs whose image is not known. The time is
    /// `two_products_within` of vsscope.toml.
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
    writers: BTreeSet<String>,
}

impl Rule for TwoProductsFull {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let jobs: Vec<Job<'_, '_>> = case.operations.iter().filter_map(job).collect();
        let mut told: BTreeSet<(String, String, String, String)> = BTreeSet::new();
        for (at, later) in jobs.iter().enumerate() {
            let near = |earlier: &&Job<'_, '_>| {
                later.operation.started - earlier.operation.started <= case.thresholds.two_products_within
            };
            let rivals = jobs[..at].iter().rev().take_while(near).filter(|earlier| {
                earlier.image != later.image && earlier.operation.host() == later.operation.host()
            });
            for earlier in rivals {
                let shared: Vec<&String> = earlier.writers.intersection(&later.writers).collect();
                let Some(first) = shared.first() else { continue };
                let mut images = [earlier.image.clone(), later.image.clone()];
                images.sort();
                let [a, b] = images;
                let host = later.operation.host().to_owned();
                if !told.insert((host, a, b, (*first).clone())) {
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
        }
    }
}

/// A completed backup of a type that changes the application's history, in component mode.
fn job<'c, 't>(operation: &'c Operation<'t>) -> Option<Job<'c, 't>> {
    let session = operation.session?;
    let marks =
        matches!(session.backup_type, Some(BackupType::Full | BackupType::Incremental | BackupType::Log));
    let completed = operation.calls_of(&Method::BackupComplete).any(|call| call.ok());
    let image = session.requester.image.as_deref()?.to_lowercase();
    let added = operation.calls_of(&Method::AddComponent).filter(|call| call.ok());
    let writers: BTreeSet<String> =
        added.filter_map(|call| call.args.component.as_ref()).map(crate::rules::components::writer).collect();
    (marks && completed && !writers.is_empty()).then_some(Job { operation, image, writers })
}
