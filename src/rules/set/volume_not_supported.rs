use crate::knowledge::volumes::same_volume;
use crate::rules::pattern::code::{self, CodeWatch};
use crate::rules::{Case, Described, Findings, Operation, Rule};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// VSS_E_VOLUME_NOT_SUPPORTED (0x8004230c), VSS_E_VOLUME_NOT_SUPPORTED_BY_PROVIDER (0x8004230e),
    /// VSS_E_NESTED_VOLUME_LIMIT (0x8004232c) or VSS_E_VOLUME_NOT_LOCAL (0x8004232d) from IsVolumeSupported,
    /// AddToSnapshotSet or DoSnapshotSet, or in a record of VSS. An information where the volume was added afterwards, a
    /// warning where the set was made without it.
    /// # Why it matters
    /// No provider, or not the one that was asked for, can copy this volume: another file system, a removable disk, a
    /// virtual disk inside a virtual disk, or an attribute that is not to be had.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// IsVolumeSupported alone came back with it and the session then went on without the volume: asking first is the right
    /// way, whatever becomes of the set.
    /// # What to do
    /// Take the volume out of the job, or choose another provider or other attributes.
    /// # References
    /// Microsoft: IVssBackupComponents::AddToSnapshotSet; IVssBackupComponents::DoSnapshotSet;
    /// VSS_VOLUME_SNAPSHOT_ATTRIBUTES.
    pub struct VolumeNotSupported {
        id: "volume-not-supported",
        title: "Volume cannot be shadow copied",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CALLS: &[Method] = &[Method::IsVolumeSupported, Method::AddToSnapshotSet, Method::DoSnapshotSet];

const CODES: &[CodeWatch] = &[
    CodeWatch::of(HResult::VSS_VOLUME_NOT_SUPPORTED, CALLS),
    CodeWatch::of(HResult::VSS_VOLUME_NOT_SUPPORTED_BY_PROVIDER, CALLS),
    CodeWatch::of(HResult::VSS_NESTED_VOLUME_LIMIT, CALLS),
    CodeWatch::of(HResult::VSS_VOLUME_NOT_LOCAL, CALLS),
];

impl Rule for VolumeNotSupported {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for mut hit in code::hits_of_any(case, CODES) {
            let operation = hit.operation;
            // Whoever asks first and leaves the volume out does it right.
            hit.calls.retain(|call| !operation.is_some_and(|operation| is_left_out(operation, call)));
            if hit.events().next().is_none() {
                continue;
            }
            let report =
                code::report_refusal(self.info(), case, &hit, "No shadow copy of the volume can be made");
            findings.add(report.remedy(
                "Look at the volume's file system and kind of disk, and at the provider and the attributes that the \
                 requester asks for. Take the volume out of the job or change these.",
            ));
        }
    }
}

/// Whether a call only asked for a volume, and the session then went on without it.
fn is_left_out(operation: &Operation<'_>, asked: &CallRecord) -> bool {
    let is_volume = |call: &CallRecord| {
        let both = call.volume.as_deref().zip(asked.volume.as_deref());
        both.is_some_and(|(a, b)| same_volume(a, b))
    };
    let later = || operation.calls().iter().filter(|call| call.events.first() > asked.events.first());
    let goes_on = later().any(|call| match call.method {
        Method::AddToSnapshotSet => !is_volume(call),
        Method::PrepareForBackup | Method::DoSnapshotSet => true,
        _ => false,
    });
    let added = operation.calls_of(&Method::AddToSnapshotSet).any(|call| is_volume(call) && call.was_taken());
    asked.method == Method::IsVolumeSupported && goes_on && !added
}
