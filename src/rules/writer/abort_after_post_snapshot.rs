use crate::rules::case::first_sign;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Callback, Confidence, Event, Phase, WriterRun};

rule! {
    /// # What it flags
    /// A writer got Abort after PostSnapshot of the same session, or after PostSnapshot of the set that the Abort names.
    /// # Why it matters
    /// By the documentation OnAbort does not come once OnPostSnapshot was called. Most likely the Abort belongs to another
    /// session, so what is said of both is on weak ground.
    /// # Evidence needed
    /// A trace of the writers' functions.
    /// # When it is silent
    /// The PostSnapshot itself was refused; the requester called AbortBackup or started another set in between.
    /// # What to do
    /// Check the ids of the sessions in the trace.
    /// # References
    /// Microsoft: CVssWriter::OnAbort.
    pub struct AbortAfterPostSnapshot {
        id: "abort-after-post-snapshot",
        title: "Abort after PostSnapshot",
        severity: Info,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for AbortAfterPostSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        use vsscope_model::Method::{AbortBackup, PrepareForBackup, StartSnapshotSet};
        for operation in &case.operations {
            for set in &operation.sets {
                for run in &set.writers {
                    let Some((post, abort)) = late_abort(run) else { continue };
                    let (Some(&before), Some(&index)) = (post.events.first(), abort.events.first()) else {
                        continue;
                    };
                    let Some(event) = case.event(index).filter(|event| event.is_of_function_trace()) else {
                        continue;
                    };
                    let explained = operation.calls().iter().any(|call| {
                        matches!(call.method, AbortBackup | StartSnapshotSet | PrepareForBackup)
                            && call.events.first().is_some_and(|&at| before < at && at < index)
                    });
                    if explained {
                        continue;
                    }
                    findings.add(
                        Draft::of(self.info(), operation)
                            .set(Some(set))
                            .writer(Some(&run.name))
                            .confidence(tie(operation.tie(event)))
                            .at(event.time)
                            .detail(format!(
                                "{} got Abort at {}, after PostSnapshot of {}.",
                                run.name,
                                words::iso(event.time),
                                relation(case.event(before), event)
                            ))
                            .remedy("Check the ids of the sessions: the Abort is most likely that of another one.")
                            .evidence([before, index]),
                    );
                }
            }
        }
    }
}

/// What ties an Abort to a PostSnapshot before it.
fn relation(post: Option<&Event>, abort: &Event) -> String {
    match (post.and_then(|post| post.session.as_deref()), abort.session.as_deref()) {
        (Some(own), Some(other)) if own != other => {
            let (own, other) = (words::excerpt(own), words::excerpt(other));
            format!("the same set; the keys of the sessions differ ({own} at PostSnapshot, {other} at Abort)")
        }
        _ => "the same session".to_owned(),
    }
}

fn tie(confidence: Confidence) -> Confidence {
    confidence.min(Confidence::Strong)
}

/// PostSnapshot that the writer accepted, and an Abort after it.
fn late_abort(run: &WriterRun) -> Option<(&Phase, &Phase)> {
    let of = |callback: Callback| run.phases.iter().filter(move |phase| phase.name == callback.as_str());
    let post = of(Callback::PostSnapshot).find(|phase| phase.result.as_deref() != Some("veto"))?;
    let abort = of(Callback::Abort).find(|abort| first_sign(abort) > first_sign(post))?;
    first_sign(post).is_some().then_some((post, abort))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, find};
    use vsscope_model::Callback;

    const ID: &str = "abort-after-post-snapshot";

    #[test]
    fn two_keys_are_told_apart() {
        let mut lab = Lab::creating();
        for (at, callback) in [(1.0, Callback::PostSnapshot), (2.0, Callback::Abort)] {
            lab.callback(at, "SqlServerWriter", callback, true);
        }
        assert!(find(&lab.run(), ID).detail.contains("PostSnapshot of the same session."));
        lab.timeline.events.last_mut().expect("the Abort").session = Some("other".into());
        let findings = lab.run();
        let detail = &find(&findings, ID).detail;
        assert!(detail.contains("(key at PostSnapshot, other at Abort)"), "{detail}");
    }
}
