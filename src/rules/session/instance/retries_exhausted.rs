use crate::rules::pattern::tries::{self, Try};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};

rule! {
    /// # What it flags
    /// A program failed three times or more in a row to back up the same volumes, each time with a code after which
    /// Microsoft advises a retry, and never succeeded in between.
    /// # Why it matters
    /// These codes stand for passing trouble, and the advice ends after three tries. What fails so often does not pass by
    /// itself.
    /// # Evidence needed
    /// A trace with the requester's calls and results, its image and the volumes.
    /// # When it is silent
    /// A success in between; other volumes or another program; programs or volumes that are not in the trace; failures with
    /// other codes.
    /// # What to do
    /// Stop repeating and treat the cause that the code names: load and time-outs, the provider, a writer's own log.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet; IVssBackupComponents::GetWriterStatus.
    pub struct RetriesExhausted {
        id: "retries-exhausted",
        title: "Failed again and again",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RetriesExhausted {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for series in tries::series(case) {
            for run in series.chunk_by(|a, b| a.failure.is_some() && b.failure.is_some()) {
                let failures = run.iter().filter_map(|one| Some((one, one.failure.as_ref()?)));
                let failures: Vec<_> = failures.collect();
                let Some((last, _)) = failures.last().filter(|_| failures.len() >= case.thresholds.retries)
                else {
                    continue;
                };
                let named: Vec<String> =
                    failures.iter().map(|(one, (code, _))| when(one, words::code(*code))).collect();
                let named = match named.as_slice() {
                    [first, .., last] if named.len() > 4 => format!("the first {first}, the last {last}"),
                    _ => words::list(&named),
                };
                findings.add(
                    Draft::of(self.info(), last.operation)
                        .detail(format!(
                            "{} failed {} in a row: {named}.",
                            words::capital(&last.operation.requester()),
                            words::times(failures.len())
                        ))
                        .at(last.operation.started)
                        .remedy(
                            "Do not repeat the job any more. Treat what the codes name: writers and their logs, load \
                             during the freeze, the provider and the storage behind it.",
                        )
                        .evidence(failures.iter().flat_map(|(_, (_, events))| events.iter().copied())),
                );
            }
        }
    }
}

fn when(one: &Try<'_, '_>, code: String) -> String {
    format!("with {code} in the session that began at {}", words::iso(one.operation.started))
}
