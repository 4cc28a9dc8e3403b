use crate::knowledge::volumes::same_volume;
use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// AddToSnapshotSet was called for a volume that the set already held, by its name without case and trailing
    /// backslash or by its GUID; or it answered VSS_E_OBJECT_ALREADY_EXISTS.
    /// # Why it matters
    /// A volume can be in a set once. The second call fails, and a program that takes that for the end gives up the
    /// backup.
    /// # Evidence needed
    /// A trace with the requester's calls; for the first form with their parameters.
    /// # When it is silent
    /// A drive letter and a GUID path cannot be compared; paths of cluster shared volumes below one folder and network
    /// paths are not judged by their text.
    /// # What to do
    /// Turn every path into the GUID path of its volume and drop what is double.
    /// # References
    /// Microsoft: IVssBackupComponents::AddToSnapshotSet. Practice: Bareos.
    pub struct VolumeAddedTwice {
        id: "volume-added-twice",
        title: "Same volume added twice",
        severity: Warning,
        scope: Set,
        basis: "inferred from the result code and from practice",
    }
}

impl Rule for VolumeAddedTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let repeats: Vec<(&CallRecord, Option<&CallRecord>)> =
                (0..job.calls.len()).filter_map(|at| repeat(&job, at)).collect();
            let Some((first, _)) = repeats.first() else { continue };
            let calls: Vec<&CallRecord> = repeats.iter().map(|(call, _)| *call).collect();
            let mut names: Vec<&str> = calls.iter().filter_map(|call| call.volume.as_deref()).collect();
            names.dedup();
            let volumes = if names.is_empty() { "a volume".to_owned() } else { words::list(&names) };
            let earlier = repeats.iter().filter_map(|(_, earlier)| *earlier);
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} added {volumes} to the set again: {}.",
                        words::capital(&job.operation.requester()),
                        words::calls(&calls)
                    ))
                    .remedy("Let the requester compare volumes by their GUID paths, or take this answer for success.")
                    .evidence(
                        calls.iter().copied().chain(earlier).flat_map(|call| call.events.iter().copied()),
                    ),
            );
        }
    }
}

/// A call that adds what is in the set, with the call that added it where the parameters tell.
fn repeat<'t>(job: &Job<'_, 't>, at: usize) -> Option<(&'t CallRecord, Option<&'t CallRecord>)> {
    let call = Some(job.call(at)).filter(|call| call.method == Method::AddToSnapshotSet)?;
    let same = |other: &&CallRecord| {
        other.method == Method::AddToSnapshotSet
            && other.ok()
            && matches!((&call.volume, &other.volume), (Some(a), Some(b)) if is_plain(a) && same_volume(a, b))
    };
    let first = job.before(at).iter().find(same);
    let refused = call.hresult == Some(HResult::VSS_OBJECT_ALREADY_EXISTS);
    (refused || first.is_some()).then_some((call, first))
}

/// Whether the text of a path tells the volume: not that of a share or of a cluster's folder.
fn is_plain(path: &str) -> bool {
    let is_share = path.starts_with(r"\\") && !path.starts_with(r"\\?\");
    !is_share && !path.to_lowercase().contains("clusterstorage")
}
