//! Something that should have followed and did not.

use super::link::{Link, Same};
use super::{CustomRule, Pattern, by_thing, when};
use crate::rules::{Case, Draft, words};
use chrono::TimeDelta;
use vsscope_model::{Confidence, Event, Timestamp, What};

/// An event of one kind that none of another kind follows within a time. What the evidence may just not show is no absence,
/// so the rule is silent unless the source of the first event goes on without a hole; and it is only ever possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Absence {
    /// What happened.
    pub event: Pattern,
    /// What should have followed.
    pub followed_by: Pattern,
    /// Until when.
    pub within: TimeDelta,
    /// What the two have in common.
    pub same: Vec<Same>,
}

impl Absence {
    pub(super) fn find(&self, rule: &CustomRule, case: &Case<'_>) -> Vec<Draft> {
        let answers: Vec<(usize, Timestamp, Option<Link>)> = case
            .events()
            .filter(|(index, event)| self.followed_by.matches(case, *index, event))
            .map(|(index, event)| (index, event.time, Link::of(case, index, event, &self.same)))
            .collect();
        let unanswered = case.events().filter(|(index, event)| {
            self.event.matches(case, *index, event)
                && Link::of(case, *index, event, &self.same).is_some_and(|link| {
                    link.is_whole()
                        && !self.is_answered(*index, event.time, &link, &answers)
                        && self.would_be_seen(case, *index, event)
                })
        });
        by_thing(case, unanswered.map(|(index, _)| index))
            .into_iter()
            .map(|(thing, events)| {
                let within =
                    words::seconds(words::millis(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + self.within));
                let found =
                    format!("What should follow within {within} is not there: {}.", when(case, &events));
                rule.draft(case, &thing, &events, &found).confidence(Confidence::Weak)
            })
            .collect()
    }

    /// Whether something follows that may be the answer; what has no comparable time may be.
    fn is_answered(
        &self,
        index: usize,
        time: Timestamp,
        link: &Link,
        answers: &[(usize, Timestamp, Option<Link>)],
    ) -> bool {
        let timeless = answers.iter().any(|(_, _, other)| other.is_none());
        let from = answers.partition_point(|(at, _, _)| *at <= index);
        let later = answers.get(from..).unwrap_or_default();
        let mut in_time = later.iter().take_while(|(_, at, _)| *at - time <= self.within);
        timeless || in_time.any(|(_, _, other)| other.as_ref().is_some_and(|other| link.may_be(other)))
    }

    /// Whether the evidence would show the answer.
    fn would_be_seen(&self, case: &Case<'_>, index: usize, event: &Event) -> bool {
        let until = event.time + self.within;
        let host = event.host.as_deref().unwrap_or_default();
        let lost = || {
            case.between(host, event.time, until)
                .any(|(_, event)| matches!(event.what, What::EventsLost { .. }))
        };
        let shows_steps = || {
            event.is_of_function_trace()
                || case.operation_of(index).is_some_and(|operation| operation.shows_every_call())
        };
        case.goes_on(index, until)
            && (!self.followed_by.asks_for_a_step() || shows_steps())
            && case.clock_steps(host, event.time, until).next().is_none()
            && !lost()
    }
}
