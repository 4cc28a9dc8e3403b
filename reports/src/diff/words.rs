//! What is said of a change, in words without any layout. Text of logs is in them as it is; each form makes it harmless.

use crate::text::units;
use vsscope_model::{
    Change, ChangeKind, Diff, DiffSet, DiffSide, LoneReason, PairedBy, SetPair, Severity, Topic, Turn,
};

/// The verdict of the whole comparison.
pub(crate) fn verdict(diff: &Diff) -> String {
    if diff.is_empty() {
        return "Nothing differs.".to_owned();
    }
    let of = |turn: Turn| diff.all().filter(|change| change.turn == turn).count();
    let unseen = diff.all().filter(|change| change.kind.is_unseen()).count();
    let parts = [
        (of(Turn::Worse), "worse"),
        (of(Turn::Better), "better"),
        (of(Turn::Neutral).saturating_sub(unseen), "different"),
        (unseen, "told by the evidence of one side only"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let head = match (diff.is_worse(Severity::Error), of(Turn::Worse)) {
        (true, _) => "The bad side is worse",
        (false, 0) => "The bad side is not worse, as far as the evidence tells",
        (false, _) => "The bad side has no new error, but some things are worse",
    };
    match parts.is_empty() {
        true => format!("{head}; the compared sets do not differ."),
        false => format!("{head}: {}.", parts.join(", ")),
    }
}

/// `3 sets, 2 inputs`, and what was lost.
pub(crate) fn side(side: &DiffSide) -> String {
    let counted = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let lost = match side.records_lost {
        0 => String::new(),
        lost => format!(", {lost} records lost: what is missing may be among them"),
    };
    format!("{}, {}{lost}", counted(side.sets, "set"), counted(side.inputs.len(), "input"))
}

/// Why two sets were compared.
pub(crate) fn paired_by(pair: &SetPair) -> &'static str {
    match pair.paired_by {
        PairedBy::Named => "these two were asked for",
        PairedBy::Only => "the only set of each side",
        PairedBy::RequesterAndHost => "the last of this requester on this host",
        PairedBy::Requester => "the last of this requester; the hosts differ",
        PairedBy::OnlyRequester => "the last of each side; requester or host differ",
    }
}

/// Why a set was compared with none.
pub(crate) fn lone(reason: LoneReason) -> &'static str {
    match reason {
        LoneReason::Earlier => "an earlier set of a requester whose last one was compared",
        LoneReason::NoCounterpart => "the other side has no set of this requester",
    }
}

/// Host, requester and outcome of a set.
pub(crate) fn set(set: &DiffSet) -> String {
    let requester = set.requester.as_deref().unwrap_or("requester not known");
    format!("{}, {requester}, {}", set.host, set.outcome.as_str())
}

/// What a change is about.
pub(crate) fn what(change: &Change) -> String {
    let topic = change.topic.as_str();
    if change.subject == topic { topic.to_owned() } else { format!("{topic} {}", change.subject) }
}

/// What one side has.
pub(crate) fn value(words: Option<&String>, ms: Option<f64>) -> String {
    let lasted = ms.map(|ms| plain(units::duration(ms)));
    match (words, lasted) {
        (Some(words), Some(lasted)) => format!("{words}, {lasted}"),
        (Some(words), None) => words.clone(),
        (None, Some(lasted)) => lasted,
        (None, None) => "-".to_owned(),
    }
}

/// How it changed, and whether for the worse.
pub(crate) fn how(change: &Change) -> String {
    let how = match change.kind {
        ChangeKind::Changed if change.topic == Topic::Finding && change.turn == Turn::Neutral => {
            "another number".to_owned()
        }
        ChangeKind::Changed => "changed".to_owned(),
        ChangeKind::New => "new".to_owned(),
        ChangeKind::Gone => "gone".to_owned(),
        ChangeKind::NotSeenInBad if change.topic == Topic::Finding => {
            "only on the good side, whose evidence shows more".to_owned()
        }
        ChangeKind::NotSeenInGood if change.topic == Topic::Finding => {
            "only on the bad side, whose evidence shows more".to_owned()
        }
        ChangeKind::NotSeenInBad => "not seen on the bad side".to_owned(),
        ChangeKind::NotSeenInGood => "not seen on the good side".to_owned(),
        ChangeKind::Slower => format!("slower by {}", by(change)),
        ChangeKind::Faster => format!("faster by {}", by(change)),
        ChangeKind::OverLimit => format!("over its limit{}", limit(change)),
        ChangeKind::WithinLimit => format!("back within its limit{}", limit(change)),
    };
    match change.turn {
        Turn::Worse => format!("worse: {how}"),
        Turn::Better => format!("better: {how}"),
        Turn::Neutral => how,
    }
}

fn by(change: &Change) -> String {
    let (good, bad) = (change.good_ms.unwrap_or(0.0), change.bad_ms.unwrap_or(0.0));
    plain(units::duration((bad - good).abs()))
}

fn limit(change: &Change) -> String {
    change.limit_ms.map(|ms| format!(" of {}", plain(units::limit(ms)))).unwrap_or_default()
}

/// Text of the terminal's units with plain blanks.
fn plain(text: String) -> String {
    text.replace('\u{a0}', " ")
}

/// The changes of a list that both sides' evidence tells of, graver ones first, and those that only one side's does. What a
/// rule found is a fact in any case.
pub(crate) fn split(changes: &[Change]) -> (Vec<&Change>, Vec<&Change>) {
    let (unseen, mut told): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.kind.is_unseen() && change.topic != Topic::Finding);
    told.sort_by_key(|change| match change.turn {
        Turn::Worse => 0,
        Turn::Neutral if change.topic == Topic::Finding => 1,
        Turn::Neutral => 2,
        Turn::Better => 3,
    });
    (told, unseen)
}
