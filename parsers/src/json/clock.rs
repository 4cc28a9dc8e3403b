//! [`ClockEvidence`]: which offset the times of an export have, judged by the records that carry a second clock.
//!
//! Offsets are found per host, because one file may hold hosts of several zones, and per hour, because summer time begins
//! and ends inside a file. Where the records of one hour contradict each other nothing is corrected.

use super::place;
use crate::collect::{Collector, Corrected};
use crate::time;
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::net::IpAddr;
use vsscope_model::{IssueKind, Timestamp};

/// Hours of hosts that are kept; what comes after is no evidence.
const MAX_HOURS: usize = 100_000;
/// Changes of a host's offset beyond which it is no zone that changes: ten years of summer time have 20.
const MAX_STEPS: usize = 24;

/// Time as written minus UTC, in quarters of an hour; `None` for differences that no zone explains.
type Offset = Option<i64>;

/// What the records of an input say about its clock.
#[derive(Debug, Default)]
pub(super) struct ClockEvidence {
    /// By short host name and hour of the time as written: how often each offset was seen.
    hosts: BTreeMap<String, BTreeMap<i64, BTreeMap<Offset, u64>>>,
    hours: usize,
    /// The zone that the user named for times without one.
    zone: Option<Tz>,
    zoned: u64,
    zoneless: u64,
    first_zoneless: u64,
    first_evidence: u64,
}

/// The offset of a host from an hour on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    first_hour: i64,
    last_hour: i64,
    offset: i64,
}

impl ClockEvidence {
    /// No evidence yet; `zone` is what the user says of times without a zone.
    pub fn in_zone(zone: Option<Tz>) -> Self {
        ClockEvidence { zone, ..ClockEvidence::default() }
    }

    /// Takes a record into account.
    pub fn see(&mut self, host: &str, written: time::Stamp, utc: Option<Timestamp>, line: u64) {
        if written.zoned {
            self.zoned = self.zoned.saturating_add(1);
        } else {
            self.zoneless = self.zoneless.saturating_add(1);
            first(&mut self.first_zoneless, line);
        }
        let Some(utc) = utc else { return };
        first(&mut self.first_evidence, line);
        let (host, hour) = (short(host), hour_of(written.time));
        if !self.hosts.get(&host).is_some_and(|hours| hours.contains_key(&hour)) {
            if self.hours >= MAX_HOURS {
                return;
            }
            self.hours = self.hours.saturating_add(1);
        }
        let hours = self.hosts.entry(host).or_default();
        let count = hours.entry(hour).or_default().entry(time::zone_between(written.time, utc)).or_default();
        *count = count.saturating_add(1);
    }

    /// Corrects the times of the input, and says so.
    pub fn apply(&self, out: &mut Collector) {
        let hosts: BTreeMap<&str, Option<Vec<Step>>> =
            self.hosts.iter().map(|(host, hours)| (host.as_str(), steps(hours))).collect();
        let in_doubt = hosts.values().any(Option::is_none);
        if in_doubt {
            let message = "the UtcTime of the Sysmon records shows no single offset of this input's clock; \
                           records without UtcTime were left as they are";
            out.issue(IssueKind::Clock, place(self.first_evidence), message);
        }
        if hosts.is_empty() && self.zoneless > 0 {
            if let Some(zone) = self.zone.filter(|_| self.zoned == 0) {
                out.correct_clock(|_, written| Some(time::ahead_of_utc(zone, written)));
                let message = format!("times without a zone; they were read in {zone}, as asked for");
                out.issue_of(IssueKind::Clock, place(self.first_zoneless), message, self.zoneless);
                return;
            }
            let message = "times without a zone, and no Sysmon record that tells it; they were taken as UTC";
            out.issue_of(IssueKind::Clock, place(self.first_zoneless), message, self.zoneless);
        }
        let common = common_offset(&hosts);
        let Corrected { moved, left } = out.correct_clock(|host, written| {
            let offset = match hosts.get(short(host).as_str()) {
                Some(steps) => offset_at(steps.as_deref()?, written),
                // A host without evidence of its own: the export was made in one zone, if all others show the same.
                None => common,
            };
            offset.map(quarters)
        });
        if left > 0 && !hosts.is_empty() && !in_doubt {
            let message =
                "records of hosts whose offset no Sysmon record tells; their times were taken as UTC";
            out.issue_of(IssueKind::Clock, place(self.first_evidence), message, left);
        }
        match common {
            Some(0) => {}
            Some(offset) => {
                let message = format!(
                    "the times of this input are {}; {moved} records without UtcTime were corrected by that",
                    self.contradiction(offset)
                );
                out.issue(IssueKind::Clock, place(self.first_evidence), message);
            }
            None => self.report_steps(&hosts, out),
        }
    }

    /// One issue for each host and change of its offset.
    fn report_steps(&self, hosts: &BTreeMap<&str, Option<Vec<Step>>>, out: &mut Collector) {
        for (host, steps) in hosts {
            for step in steps.iter().flatten().filter(|step| step.offset != 0) {
                let from =
                    Timestamp::from_timestamp(step.first_hour.saturating_mul(3600), 0).unwrap_or_default();
                let message = format!(
                    "the times of host {host} written from {} on are {}; records without UtcTime were corrected by that",
                    from.format("%F %R"),
                    self.contradiction(step.offset)
                );
                out.issue(IssueKind::Clock, place(self.first_evidence), message);
            }
        }
    }

    fn contradiction(&self, offset: i64) -> String {
        let direction = if offset < 0 { "behind" } else { "ahead of" };
        let zone = match self.zoneless {
            0 => "although they are written with a zone",
            _ => "and are written without a zone",
        };
        format!("{} {direction} the UtcTime of its Sysmon records {zone}", hours(offset))
    }
}

/// Notes the first line only; lines count from 1.
fn first(place: &mut u64, line: u64) {
    if *place == 0 {
        *place = line;
    }
}

/// The host without its domain: exports mix both forms of a name.
fn short(host: &str) -> String {
    let name = match host.parse::<IpAddr>() {
        Ok(_) => host,
        Err(_) => host.split('.').next().unwrap_or(host),
    };
    name.to_ascii_lowercase()
}

fn hour_of(time: Timestamp) -> i64 {
    time.timestamp().div_euclid(3600)
}

/// The offsets of a host in the order of time; `None` if its records do not agree. An hour counts by the offset that nine
/// in ten of its records show; the one in which the clock is set back shows two.
fn steps(hours: &BTreeMap<i64, BTreeMap<Offset, u64>>) -> Option<Vec<Step>> {
    let sum = |counts: &BTreeMap<Offset, u64>| counts.values().copied().fold(0, u64::saturating_add);
    let all = hours.values().map(sum).fold(0, u64::saturating_add);
    let mut agreed = 0_u64;
    let mut steps: Vec<Step> = Vec::new();
    for (hour, counts) in hours {
        let Some((Some(offset), count)) = counts.iter().max_by_key(|(_, count)| **count) else { continue };
        if !most(*count, sum(counts)) {
            continue;
        }
        agreed = agreed.saturating_add(*count);
        match steps.last_mut().filter(|step| step.offset == *offset) {
            Some(step) => step.last_hour = *hour,
            None => steps.push(Step { first_hour: *hour, last_hour: *hour, offset: *offset }),
        }
    }
    (most(agreed, all) && steps.len() <= MAX_STEPS).then_some(steps)
}

/// Nine in ten.
fn most(part: u64, all: u64) -> bool {
    part.saturating_mul(10) >= all.saturating_mul(9)
}

/// The offset that all hosts have all the time.
fn common_offset(hosts: &BTreeMap<&str, Option<Vec<Step>>>) -> Offset {
    let mut offsets = hosts.values().flatten().flatten().map(|step| step.offset);
    let first = offsets.next()?;
    (hosts.values().all(Option::is_some) && offsets.all(|offset| offset == first)).then_some(first)
}

/// The offset of the step that is nearest to a time as written.
fn offset_at(steps: &[Step], written: Timestamp) -> Offset {
    let hour = hour_of(written);
    let distance =
        |step: &&Step| step.first_hour.saturating_sub(hour).max(hour.saturating_sub(step.last_hour)).max(0);
    steps.iter().min_by_key(distance).map(|step| step.offset)
}

fn quarters(offset: i64) -> TimeDelta {
    TimeDelta::try_seconds(offset.saturating_mul(time::QUARTER_HOUR)).unwrap_or_default()
}

fn hours(quarters: i64) -> String {
    let quarters = quarters.unsigned_abs();
    match (quarters / 4, quarters % 4) {
        (hours, 0) => format!("{hours} h"),
        (hours, rest) => format!("{hours} h {} min", rest.saturating_mul(15)),
    }
}

#[cfg(test)]
mod tests {
    use crate::collect::Collector;
    use crate::input::Format;
    use std::sync::Arc;
    use vsscope_model::{Clock, InputReport};

    /// A Sysmon step at this UTC instant, written with this time.
    fn sysmon(host: &str, written: &str, utc: &str) -> String {
        format!(
            r#"{{"SourceName":"Microsoft-Windows-Sysmon","EventID":13,"Hostname":"{host}","Channel":"S","TimeCreated":"{written}","UtcTime":"{utc}","TargetObject":"x"}}"#
        )
    }

    fn vss(host: &str, written: &str) -> String {
        format!(
            r#"{{"SourceName":"VSS","EventID":8224,"Hostname":"{host}","Channel":"Application","TimeCreated":"{written}","Message":"m"}}"#
        )
    }

    fn read(lines: &[String]) -> InputReport {
        let mut out = Collector::new(&Arc::from("log.json"), "nxlog-json");
        let options = crate::json::Options::default();
        crate::json::read(&mut lines.join("\n").as_bytes(), Format::NxlogJson, options, &mut out);
        out.finish(0)
    }

    fn times(report: &InputReport) -> Vec<(String, Clock)> {
        report.events.iter().map(|event| (event.time.format("%F %T").to_string(), event.clock)).collect()
    }

    fn corrected(times: &[&str]) -> Vec<(String, Clock)> {
        times.iter().map(|time| ((*time).to_owned(), Clock::Corrected)).collect()
    }

    #[test]
    fn summer_time_that_ends_inside_a_file_moved_no_record() {
        let report = read(&[
            sysmon("H1", "2031-10-25 12:00:00", "2031-10-25 10:00:00"),
            vss("H1", "2031-10-25 12:10:00"),
            sysmon("H1", "2031-10-26 12:00:00", "2031-10-26 11:00:00"),
            vss("H1", "2031-10-26 12:10:00"),
        ]);
        assert_eq!(times(&report), corrected(&["2031-10-25 10:10:00", "2031-10-26 11:10:00"]));
        let messages: Vec<&str> = report.issues.iter().map(|issue| issue.message.as_str()).collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages[0].contains("2031-10-25 12:00 on are 2 h ahead of"), "{}", messages[0]);
        assert!(messages[1].contains("2031-10-26 12:00 on are 1 h ahead of"), "{}", messages[1]);
    }

    #[test]
    fn the_offset_of_one_host_was_put_on_another() {
        let mut lines: Vec<String> = (10..30)
            .map(|minute| {
                sysmon("A.lab", &format!("2031-03-07 12:{minute}:00"), &format!("2031-03-07 05:{minute}:00"))
            })
            .collect();
        lines.push(sysmon("B.lab", "2031-03-07 06:00:00", "2031-03-07 05:00:00"));
        lines.extend([
            vss("A", "2031-03-07 12:05:00"),
            vss("B.lab", "2031-03-07 06:05:00"),
            vss("C.lab", "2031-03-07 09:00:00"),
        ]);
        let report = read(&lines);
        let mut wanted = corrected(&["2031-03-07 05:05:00", "2031-03-07 05:05:00"]);
        // Which of the two offsets the third host has is not known.
        wanted.push(("2031-03-07 09:00:00".to_owned(), Clock::Record));
        assert_eq!(times(&report), wanted);
        let left = report.issues.iter().find(|issue| issue.message.contains("no Sysmon record tells"));
        assert_eq!(left.map(|issue| issue.count), Some(1));
        let span = report
            .spans
            .iter()
            .find(|span| &*span.host == "B.lab" && &*span.source == "Application")
            .unwrap();
        assert_eq!(span.first.format("%T").to_string(), "05:05:00");
    }

    #[test]
    fn records_that_contradict_each_other_in_one_hour_move_nothing() {
        let report = read(&[
            sysmon("H1", "2031-03-07 12:00:00", "2031-03-07 05:00:00"),
            sysmon("H1", "2031-03-07 12:01:00", "2031-03-07 12:01:00"),
            vss("H1", "2031-03-07 12:02:00"),
        ]);
        assert_eq!(times(&report), [("2031-03-07 12:02:00".to_owned(), Clock::Record)]);
        assert!(report.issues[0].message.contains("no single offset"), "{:?}", report.issues);
    }

    #[test]
    fn a_machine_that_was_suspended_put_its_steps_months_back() {
        let mut lines: Vec<String> = (10..40)
            .map(|minute| {
                sysmon("H1", &format!("2031-03-07 12:{minute}:00"), &format!("2031-03-07 05:{minute}:00"))
            })
            .collect();
        let late = sysmon("H1", "2031-03-07 12:41:00", "2030-12-28 09:00:04").replace(r#""x""#, &diag());
        lines.push(late);
        let report = read(&lines);
        assert_eq!(times(&report), corrected(&["2031-03-07 05:41:00"]), "{:?}", report.issues);
        assert!(report.issues.iter().any(|issue| issue.message.contains("the record's time was used")));
    }

    fn diag() -> String {
        let key = r"HKLM\\System\\CurrentControlSet\\Services\\VSS\\Diag";
        format!(r#""{key}\\NTDS\\FREEZE (Enter)""#)
    }

    #[test]
    fn a_difference_that_no_zone_explains_moved_the_records() {
        let report = read(&[
            sysmon("H1", "2031-03-07 12:08:00", "2031-03-07 12:00:00"),
            vss("H1", "2031-03-07 12:10:00"),
        ]);
        assert_eq!(times(&report), [("2031-03-07 12:10:00".to_owned(), Clock::Record)]);
        assert!(report.issues.iter().any(|issue| issue.message.contains("no single offset")));
    }
}
