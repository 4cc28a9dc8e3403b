use crate::rules::pattern::missing_after::{self, Gap, MissingAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// A completed backup with components saved its document (SaveAsXML) for the last time before the shadow copy was made
    /// or before the last SetBackupSucceeded.
    /// # Why it matters
    /// The document that a restore will begin with lacks the marks that say which components were saved.
    /// # Evidence needed
    /// A trace with the requester's calls up to the end of the session.
    /// # When it is silent
    /// The document was never saved, which is metadata-not-saved; transportable sets and Microsoft's VShadow, which save it
    /// for the other host after DoSnapshotSet; no component mode; evidence that begins inside the session, ends before it
    /// does or has holes; the output of tools.
    /// # What to do
    /// Save the document again at the end.
    /// # References
    /// Microsoft: IVssBackupComponents::SaveAsXML; Overview of Actual Backup of Files.
    pub struct XmlNotFinal {
        id: "xml-not-final",
        title: "Document saved before the backup was finished",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: MissingAfter = MissingAfter {
    after: Method::BackupComplete,
    before: &[],
    end: true,
    due: "a SaveAsXML later than the last mark of a component",
    is_done: |_, gap| is_final(gap),
    is_due,
    meaning: "The stored document does not say which components were saved.",
    remedy: "Let the requester save its document once more after BackupComplete.",
};

/// Whether the last document was saved after the creation and the last mark.
fn is_final(gap: &Gap<'_, '_>) -> bool {
    let calls = gap.operation.calls();
    let saved = calls.iter().rposition(|call| call.method == Method::SaveAsXml);
    let changes = [Method::DoSnapshotSet, Method::SetBackupSucceeded];
    saved > calls.iter().rposition(|call| changes.contains(&call.method) && call.ok())
}

fn is_due(_: &Case<'_>, gap: &Gap<'_, '_>) -> bool {
    let name = gap.operation.session.and_then(|session| session.requester.image_name());
    gap.operation.is_by_components()
        && gap.operation.calls_of(&Method::SaveAsXml).next().is_some()
        && !gap.operation.context().is_some_and(|context| context.is_transportable())
        && !name.is_some_and(|name| name.eq_ignore_ascii_case("vshadow.exe"))
}

impl Rule for XmlNotFinal {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        missing_after::check(self.info(), case, findings, &PATTERN);
    }
}
