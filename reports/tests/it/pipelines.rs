//! The forms that pipelines read: SARIF, JUnit XML, annotations of a GitHub workflow.

use crate::sample::{self, PAYLOADS};
use serde_json::Value;
use vsscope_model::{Analysis, Confidence, Event, Finding, FindingStatus, Outcome, Severity};
use vsscope_reports::{LeftOut, ReportOptions, RuleDoc, github, junit, sarif};

fn rules() -> Vec<RuleDoc> {
    let rule = |id: &str, title: &str, severity| RuleDoc {
        id: id.into(),
        title: title.into(),
        severity,
        scope: "writer".into(),
        basis: "documented".into(),
        sections: vec![
            ("What it flags".into(), format!("It flags {id}.")),
            ("References".into(), "A *page*.".into()),
        ],
    };
    vec![
        rule("thaw-missing", "No Thaw", Severity::Error),
        rule("freeze-window-exceeded", "Frozen for too long", Severity::Error),
        rule("known-noise", "Known noise", Severity::Info),
    ]
}

fn with<T>(form: fn(&Analysis, &ReportOptions<'_>) -> T, analysis: &Analysis) -> T {
    form(
        analysis,
        &ReportOptions { rules: &rules(), tz: chrono_tz::UTC, left_out: None, fail_on: Severity::Error },
    )
}

fn all() -> Vec<Analysis> {
    vec![sample::healthy(), sample::failed(), sample::traced(), sample::many(), sample::without_sets()]
}

fn with_status(status: FindingStatus) -> Analysis {
    let mut whole = sample::failed();
    for finding in &mut whole.findings {
        finding.status = status;
        finding.ignore_reason = Some("we know".into());
        finding.noise_reason = Some("harmless".into());
    }
    whole
}

mod sarif_log {
    use super::*;

    fn log(analysis: &Analysis) -> Value {
        serde_json::from_str(&with(sarif::report, analysis)).expect("JSON")
    }

    fn run(analysis: &Analysis) -> Value {
        log(analysis)["runs"][0].clone()
    }

    fn results(analysis: &Analysis) -> Vec<Value> {
        run(analysis)["results"].as_array().expect("results").clone()
    }

    #[test]
    fn every_finding_is_a_result_of_its_level() {
        for analysis in all() {
            let levels = |word: &str| results(&analysis).iter().filter(|r| r["level"] == word).count();
            let of = |severity| analysis.findings.iter().filter(|f| f.severity == severity).count();
            assert_eq!(levels("error"), of(Severity::Error));
            assert_eq!(levels("warning"), of(Severity::Warning));
            assert_eq!(levels("note"), of(Severity::Info));
            let summary = &run(&analysis)["properties"]["summary"];
            assert_eq!(summary["sets"], analysis.summary.sets);
            assert_eq!(summary["sessions"], analysis.summary.sessions);
        }
        let log = log(&sample::failed());
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(log["runs"].as_array().expect("runs").len(), 1);
        assert_eq!(log["runs"][0]["tool"]["driver"]["name"], "vsscope");
    }

    #[test]
    fn rules_with_results_are_described_and_referred_to() {
        let run = run(&sample::failed());
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
        let met = ["abort-during-freeze", "freeze-window-exceeded", "known-noise", "shadow-copies-aborted"];
        assert_eq!(ids, met);
        for result in run["results"].as_array().expect("results") {
            let at = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
            assert_eq!(rules[at]["id"], result["ruleId"]);
        }
        let rule = &rules[1];
        assert_eq!(rule["name"], "FreezeWindowExceeded");
        assert_eq!(rule["shortDescription"]["text"], "Frozen for too long.");
        assert_eq!(rule["fullDescription"]["text"], "It flags freeze-window-exceeded.");
        let help = "What it flags\n\nIt flags freeze-window-exceeded.\n\nReferences\n\nA *page*.";
        assert_eq!(rule["help"]["text"], help);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.contains("## References\n\n")));
        assert_eq!(rule["defaultConfiguration"]["level"], "error");
        assert_eq!(rule["properties"]["basis"], "documented");
        assert!(rules[0]["help"].is_null(), "nothing is known of a rule that is in no catalogue");
    }

    #[test]
    fn proofs_have_their_places() {
        let run = run(&sample::failed());
        let result = &run["results"][0];
        let place = &result["locations"][0];
        let artifact = &place["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uri"], "file:///case/dc01/Security.evtx");
        assert!(place["physicalLocation"]["region"].is_null(), "a record number is no place in the file");
        assert_eq!(place["logicalLocations"][0], serde_json::json!({ "name": "4711", "kind": "record" }));
        assert_eq!(place["properties"]["record"], 4711);
        let related = result["relatedLocations"].as_array().expect("related");
        assert_eq!(related.len(), 3);
        let region = &related[0]["physicalLocation"]["region"];
        assert_eq!(region, &serde_json::json!({ "startLine": 123, "byteOffset": 0x11000 }));
        assert_eq!(related[1]["physicalLocation"]["region"]["byteOffset"], 0x1_2a40);
        assert!(related[2]["physicalLocation"].is_null(), "an input that is not listed has no address");
        assert_eq!(related[2]["message"]["text"], "from an input that is not listed");
    }

    #[test]
    fn a_member_has_its_archive_as_parent() {
        let run = run(&sample::failed());
        let artifacts = run["artifacts"].as_array().expect("artifacts");
        assert_eq!(artifacts.len(), 3);
        assert_eq!(artifacts[1]["location"]["uri"], "file:///case/dc01/sysmon.zip");
        assert!(artifacts[1]["parentIndex"].is_null());
        let member = &artifacts[2];
        assert_eq!(member["location"]["uri"], "Microsoft-Windows-Sysmon%254Operational.evtx");
        assert_eq!(member["parentIndex"], 1);
        assert_eq!(member["length"], 4_111 * 900);
        let place = &run["results"][0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["index"], 2);
        assert_eq!(place["uri"], member["location"]["uri"]);
    }

    #[test]
    fn what_does_not_count_is_suppressed_with_its_reason() {
        let suppressed = |status| {
            let results = results(&with_status(status));
            results.iter().map(|r| r["suppressions"][0]["justification"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(suppressed(FindingStatus::New), vec![Value::Null; 5]);
        assert_eq!(suppressed(FindingStatus::Baseline), vec![Value::from("known: we know"); 5]);
        assert_eq!(suppressed(FindingStatus::Ignored), vec![Value::from("ignored: we know"); 5]);
        assert_eq!(suppressed(FindingStatus::Noise), vec![Value::from("noise: harmless"); 5]);
        let results = results(&sample::failed());
        let open = results.iter().filter(|r| r["suppressions"].is_null()).count();
        assert_eq!(open, 3, "two errors and a warning");
    }

    #[test]
    fn causes_confidence_and_reading_problems_are_there() {
        let run = run(&sample::failed());
        let properties = &run["results"][1]["properties"];
        assert_eq!((&properties["id"], &properties["cause"]), (&"f2".into(), &"f1".into()));
        assert_eq!(properties["causeConfidence"], "strong");
        assert_eq!(run["results"][2]["properties"]["confidence"], "weak");
        let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notes");
        let told: Vec<(&str, &str)> = notes
            .iter()
            .filter_map(|note| Some((note["descriptor"]["id"].as_str()?, note["level"].as_str()?)))
            .collect();
        let wanted =
            [("chunk", "warning"), ("checksum", "note"), ("gap", "note"), ("missing-source", "note")];
        assert_eq!(told, wanted);
        assert!(notes[1]["message"]["text"].as_str().is_some_and(|text| text.contains("0x21000, 3 times")));
    }

    #[test]
    fn fingerprints_outlive_times_and_ids() {
        let prints = |analysis: &Analysis| {
            let of = |r: &Value| r["partialFingerprints"]["vsscope/v1"].as_str().expect("text").to_owned();
            results(analysis).iter().map(of).collect::<Vec<_>>()
        };
        let first = prints(&sample::failed());
        let mut later = sample::failed();
        for finding in &mut later.findings {
            finding.time += chrono::Duration::days(1);
            finding.id.push('9');
            finding.detail.push_str(" Again.");
            finding.host = finding.host.as_ref().map(|host| host.to_uppercase());
            finding.set = finding.set.as_ref().map(|_| "another".to_owned());
        }
        later.sets[1].id = "another".into();
        later.sets[1].volumes.reverse();
        assert_eq!(prints(&later), first);
        let change = |alter: fn(&mut Analysis)| {
            let mut other = sample::failed();
            alter(&mut other);
            prints(&other)[0].clone()
        };
        let mut prints = vec![
            first[0].clone(),
            change(|all| all.findings[0].rule = "thaw-missing".into()),
            change(|all| all.findings[0].host = None),
            change(|all| all.findings[0].writer = Some("Other".into())),
            change(|all| all.sets[1].volumes = vec!["E:".into()]),
            change(|all| all.sessions[1].requester.image = Some("other.exe".into())),
        ];
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), 6, "each part tells findings apart");
        assert!(prints.iter().all(|print| print.len() == 32));
    }

    #[test]
    fn nothing_depends_on_the_time_of_the_run_and_no_time_is_none() {
        let mut whole = sample::traced();
        let before = with(sarif::report, &whole);
        whole.generated = Some(sample::at("04T00:00:00"));
        assert_eq!(with(sarif::report, &whole), before);
        let times: Vec<Value> =
            results(&whole).iter().map(|result| result["properties"]["time"].clone()).collect();
        assert_eq!(whole.findings[1].time, Event::NO_TIME);
        assert!(times[1].is_null() && times[2] == "2026-03-03T01:14:50Z");
    }

    #[test]
    fn what_a_filter_took_out_is_said() {
        let left = LeftOut { sets: 4, findings: 2, worst: Some(Severity::Error) };
        let options =
            ReportOptions { rules: &[], tz: chrono_tz::UTC, left_out: Some(left), fail_on: Severity::Error };
        let text = sarif::report(&sample::healthy(), &options);
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let said = &log["runs"][0]["properties"]["leftOut"];
        assert_eq!(said, &serde_json::json!({ "sets": 4, "findings": 2 }));
    }

    #[test]
    fn hostile_text_stays_text() {
        for payload in PAYLOADS {
            let run = run(&sample::hostile(payload));
            for result in run["results"].as_array().expect("results") {
                let text = result["message"]["text"].as_str().expect("text");
                assert!(!text.contains("]("), "a link: {text}");
                let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str();
                let uri = uri.expect("an address");
                assert!(
                    uri.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"\\^`{|}[]#?".contains(&b)),
                    "{uri}"
                );
                assert!(!uri.split('/').next().is_some_and(|first| first.contains(':')), "a scheme: {uri}");
            }
        }
    }
}

mod junit_xml {
    use super::*;

    /// `name="value"` of every element of this name.
    fn values(xml: &str, element: &str, name: &str) -> Vec<Option<String>> {
        let start = format!("<{element} ");
        let tags = xml.split(&start).skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
        let value = |tag: &str| {
            let from = format!(" {tag}").split_once(&format!(" {name}=\""))?.1.to_owned();
            Some(from.split_once('"')?.0.to_owned())
        };
        tags.map(value).collect()
    }

    fn number(xml: &str, element: &str, name: &str) -> usize {
        let all = values(xml, element, name);
        all.iter().flatten().filter_map(|value| value.parse::<usize>().ok()).sum()
    }

    fn property(xml: &str, name: &str) -> usize {
        let pairs = values(xml, "property", "name").into_iter().zip(values(xml, "property", "value"));
        let own = pairs.filter(|(key, _)| key.as_deref() == Some(name));
        own.filter_map(|(_, value)| value?.parse::<usize>().ok()).sum()
    }

    fn without_set(analysis: &Analysis) -> usize {
        let is_set =
            |finding: &Finding| analysis.sets.iter().any(|set| Some(&set.id) == finding.set.as_ref());
        analysis.findings.iter().filter(|finding| !is_set(finding)).count()
    }

    #[test]
    fn sets_and_findings_without_a_set_are_tests() {
        for analysis in all() {
            let xml = with(junit::report, &analysis);
            let tests = analysis.sets.len() + without_set(&analysis);
            assert_eq!(xml.matches("<testcase ").count(), tests);
            assert_eq!(number(&xml, "testsuites", "tests"), tests);
            assert_eq!(number(&xml, "testsuite", "tests"), tests);
            assert_eq!(number(&xml, "testsuite", "failures"), xml.matches("<failure ").count());
            assert_eq!(number(&xml, "testsuite", "skipped"), xml.matches("<skipped ").count());
            assert_eq!(number(&xml, "testsuites", "errors"), 0);
            assert_eq!(property(&xml, "sets"), analysis.sets.len());
            let of = |severity| {
                let own = |f: &&Finding| f.severity == severity && f.status == FindingStatus::New;
                analysis.findings.iter().filter(own).count()
            };
            assert_eq!(property(&xml, "findings.error"), of(Severity::Error));
            assert_eq!(property(&xml, "findings.warning"), of(Severity::Warning));
            assert_eq!(property(&xml, "findings.info"), of(Severity::Info));
        }
    }

    #[test]
    fn an_error_fails_its_set_and_says_why() {
        let xml = with(junit::report, &sample::failed());
        assert_eq!(xml.matches("<failure ").count(), 1);
        let head = r#"<failure message="SqlServerWriter was frozen for longer than 60 s (and 1 more)" type="freeze-window-exceeded">"#;
        assert!(xml.contains(head), "{xml}");
        for part in [
            "proof (/case/dc01/Security.evtx, record 4711): VSS 8229: a writer rejected an event, 0x800423f2",
            "what to do: Look in the SQL Server error log",
            "error: A writer was aborted while it was frozen [abort-during-freeze, confidence strong]",
            "warning: Older shadow copies of C: were lost [shadow-copies-aborted, confidence weak]",
            "line 123, offset 0x11000): SqlServerWriter: Freeze entered",
            r#"<testcase name="set 9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f by agent.exe, 2026-03-03 01:14:58.000Z" classname="dc01.lab.example" time="982.000">"#,
            "chunk cannot be read, 1x",
        ] {
            assert!(xml.contains(part), "{part} is missing in {xml}");
        }
        assert!(!xml.contains("checksum of a chunk"), "what was read all the same is not lost");
    }

    #[test]
    fn what_does_not_count_fails_nothing_and_passes_nothing_that_failed() {
        for status in [FindingStatus::Baseline, FindingStatus::Noise, FindingStatus::Ignored] {
            let xml = with(junit::report, &with_status(status));
            assert_eq!(number(&xml, "testsuites", "failures"), 0);
            // The failed set, and three findings that belong to no set.
            assert_eq!(xml.matches("<skipped ").count(), 4, "{xml}");
            assert_eq!(property(&xml, "findings.noise"), 5);
        }
    }

    #[test]
    fn only_a_set_that_was_made_passes() {
        let passes = |outcome| {
            let mut whole = sample::healthy();
            whole.sets[0].outcome = outcome;
            !with(junit::report, &whole).contains("<skipped ")
        };
        let all = [
            Outcome::Created,
            Outcome::Completed,
            Outcome::Failed,
            Outcome::Aborted,
            Outcome::Incomplete,
            Outcome::Unknown,
        ];
        assert_eq!(all.map(passes), [true, true, false, false, false, false]);
    }

    #[test]
    fn a_warning_or_info_fails_nothing_unless_the_run_fails_by_it() {
        for severity in [Severity::Warning, Severity::Info] {
            let mut whole = sample::failed();
            for finding in &mut whole.findings {
                finding.severity = severity;
            }
            assert_eq!(number(&with(junit::report, &whole), "testsuites", "failures"), 0);
            let options = ReportOptions { rules: &[], tz: chrono_tz::UTC, left_out: None, fail_on: severity };
            assert!(number(&junit::report(&whole, &options), "testsuites", "failures") > 0);
        }
    }

    #[test]
    fn cases_have_names_of_their_own() {
        let mut whole = sample::failed();
        let again = whole.findings[2].clone();
        whole.findings.push(again);
        let mut names = values(&with(junit::report, &whole), "testcase", "name");
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn times_that_are_no_instants_are_neither_stamps_nor_lengths() {
        let xml = with(junit::report, &sample::traced());
        let unzoned = "set 77aa0000-1111-4222-8333-444455556666, 2026-03-03 03:14:38.500~";
        assert!(xml.contains(unzoned), "{xml}");
        let ordered = r#"<testcase name="set 66bb0000-1111-4222-8333-444455556666 by diskshadow.exe, no time" classname="dc01.lab.example">"#;
        assert!(xml.contains(ordered), "an order has no length: {xml}");
        assert_eq!(values(&xml, "testsuite", "timestamp"), vec![None; 2]);
    }

    #[test]
    fn hostile_text_stays_text() {
        for payload in PAYLOADS {
            let xml = with(junit::report, &sample::hostile(payload));
            let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
            assert!(xml.chars().all(is_allowed), "no character of XML: {xml}");
            assert!(!xml.contains("]]>") && !xml.contains("<script") && !xml.contains("<x/>"), "{xml}");
            let tests = 2 + 3;
            assert_eq!(xml.matches("<testcase ").count(), tests, "{xml}");
            assert_eq!(number(&xml, "testsuites", "failures"), 1);
        }
        let xml = with(junit::report, &sample::hostile("a\u{ffff}\u{fffe}b"));
        assert!(!xml.contains(['\u{fffe}', '\u{ffff}']));
    }
}

mod annotations {
    use super::*;

    #[test]
    fn what_counts_is_annotated_gravest_first() {
        let mut whole = sample::failed();
        whole.findings[0].severity = Severity::Info;
        let text = with(github::annotations, &whole);
        let commands: Vec<&str> = text.lines().filter_map(|line| line.split_once(' ')).map(|l| l.0).collect();
        assert_eq!(commands, ["::error", "::warning", "::notice"]);
        assert_eq!(with(github::annotations, &sample::healthy()), "");
        assert_eq!(with(github::annotations, &with_status(FindingStatus::Baseline)), "");
    }

    #[test]
    fn an_annotation_names_file_line_and_what_to_do() {
        let text = with(github::annotations, &sample::failed());
        let lines: Vec<&str> = text.lines().collect();
        let first = "::error file=/case/dc01/Security.evtx,title=SqlServerWriter was frozen for longer than 60 s::\
                     Freeze to Abort took 62.2 s, the documented limit is 60 s.";
        assert!(lines[0].starts_with(first), "{}", lines[0]);
        assert!(lines[0].contains("%0ALook in the SQL Server error log"), "{}", lines[0]);
        assert!(lines[0].ends_with("%0ARule freeze-window-exceeded"));
        assert!(
            lines[1].starts_with("::error file=/case/dc01/sysmon.zip,title="),
            "a line of a member is none of the archive"
        );
        let traced = with(github::annotations, &sample::traced());
        assert!(traced.starts_with("::error file=/case/local.txt,line=40,title="), "{traced}");
    }

    #[test]
    fn times_are_in_the_zone_of_the_report() {
        let options = ReportOptions {
            rules: &[],
            tz: chrono_tz::Europe::Berlin,
            left_out: None,
            fail_on: Severity::Error,
        };
        let mut whole = sample::failed();
        whole.findings[0].detail = "Thaw came at 2026-03-03T01:16:02.900Z.".into();
        let text = github::annotations(&whole, &options);
        assert!(text.contains("::Thaw came at 2026-03-03 02:16:02.900 +01:00.%0A"), "{text}");
        let traced = github::annotations(&sample::traced(), &options);
        assert!(
            traced.contains("::2026-03-03 03:14:39.250~ CDemoWriter"),
            "a zone that is not known: {traced}"
        );
    }

    #[test]
    fn no_text_begins_a_command_or_a_property_of_its_own() {
        for payload in PAYLOADS {
            let text = with(github::annotations, &sample::hostile(payload));
            assert_eq!(text.lines().count(), 3, "{text}");
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
            for line in text.lines() {
                let (properties, message) =
                    line.split_once(' ').and_then(|(_, rest)| rest.split_once("::")).expect("a command");
                let keys: Vec<&str> = properties
                    .split(',')
                    .filter_map(|property| property.split_once('='))
                    .map(|p| p.0)
                    .collect();
                assert_eq!(keys.first(), Some(&"file"), "{line}");
                assert!(keys.iter().all(|key| ["file", "line", "title"].contains(key)), "{line}");
                let escapes = message.match_indices('%').map(|(at, _)| message.get(at..at + 3));
                assert!(escapes.flatten().all(|code| ["%25", "%0A", "%0D"].contains(&code)), "{line}");
            }
        }
    }

    #[test]
    fn percent_signs_come_back_as_they_were() {
        let mut whole = sample::failed();
        whole.findings[0].title = "100%, a:b".into();
        whole.findings[0].detail = "%0A::error::x\r\ny".into();
        whole.findings[0].confidence = Confidence::Exact;
        let text = with(github::annotations, &whole);
        let first = text.lines().next().expect("a line");
        assert!(first.contains(",title=100%25%2C a%3Ab::%250A::error::x%0Ay%0A"), "{first}");
    }
}
