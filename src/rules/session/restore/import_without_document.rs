use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Confidence, Method};

rule! {
    /// # What it flags
    /// ImportSnapshots was called on an instance that had been initialised without a document.
    /// # Why it matters
    /// The stored document says which set is to be imported and how its LUNs are found. Without it VSS does not know what
    /// to import.
    /// # Evidence needed
    /// A trace with the requester's calls and the document that InitializeForBackup got.
    /// # When it is silent
    /// The trace does not show whether there was a document (low level, or only an address); it begins after the
    /// initialisation. If the import succeeded in spite of it, the trace is rather wrong about the document: then the
    /// finding is only possible.
    /// # What to do
    /// Pass the document that the creating host saved with SaveAsXML to InitializeForBackup.
    /// # References
    /// Microsoft: IVssBackupComponents::InitializeForBackup; Importing Transportable Shadow Copied Volumes.
    pub struct ImportWithoutDocument {
        id: "import-without-document",
        title: "Import without the stored document",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for ImportWithoutDocument {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let Some(init) = initialised_without(&job) else { continue };
            let imports: Vec<&CallRecord> =
                job.calls.iter().filter(|call| call.method == Method::ImportSnapshots).collect();
            let Some(first) = imports.first() else { continue };
            let succeeded = imports.iter().any(|call| call.ok());
            findings.add(
                Draft::of(self.info(), job.operation)
                    .confidence(if succeeded { Confidence::Weak } else { Confidence::Exact })
                    .at(first.started)
                    .detail(format!(
                        "{} called {} without a document and then on the same instance {}.",
                        words::capital(&job.operation.requester()),
                        words::call(init),
                        words::calls(&imports)
                    ))
                    .remedy(
                        "Save the document on the creating host after DoSnapshotSet, bring it to this host and pass it to \
                         InitializeForBackup.",
                    )
                    .evidence(init.events.iter().copied())
                    .evidence(imports.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// The initialisation for a backup that got no document, where the trace shows that.
fn initialised_without<'t>(job: &Job<'_, 't>) -> Option<&'t CallRecord> {
    job.initialisation()
        .filter(|call| call.method == Method::InitializeForBackup && call.args.stored_document == Some(false))
}
