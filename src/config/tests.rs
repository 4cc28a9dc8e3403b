//! What a file says, and what is wrong with one.

use super::{Config, TABLES};
use crate::config::example::Evidence;
use crate::rules::custom::{Condition, Pattern, Same};
use chrono::TimeDelta;
use std::path::Path;
use vsscope_model::{Callback, Edge, HResult, Method, PhaseActor, Severity};

fn read(text: &str) -> Result<Config, String> {
    let mut config = Config::default();
    config.parse("conf/vsscope.toml", text, TABLES).map(|()| config).map_err(|error| error.to_string())
}

fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The condition of a rule that is written like this.
fn condition(text: &str) -> Result<Condition, String> {
    let rule = format!("[[rule]]\nid = \"house\"\ntitle = \"House\"\nseverity = \"info\"\n{text}\n");
    read(&rule).map(|mut config| config.policy.rules.remove(0).condition)
}

fn pattern(text: &str) -> Result<Pattern, String> {
    match condition(&format!("event = {{ {text} }}"))? {
        Condition::Event(pattern) => Ok(pattern),
        other => Err(format!("not an event: {other:?}")),
    }
}

#[test]
fn an_empty_file_decides_nothing() {
    assert_eq!(good(""), Config::default());
    assert_eq!(good("[severity]\n[thresholds]\n"), Config::default());
}

#[test]
fn severities_are_those_of_built_in_and_own_rules() {
    let own = "[[rule]]\nid = \"house\"\ntitle = \"t\"\nseverity = \"info\"\nevent = { level = 1 }\n";
    let config = good(&format!("[severity]\nthaw-missing = \"Warning\"\nhouse = \"off\"\n{own}"));
    let severities: Vec<_> = config.policy.severities.into_iter().collect();
    assert_eq!(
        severities,
        [("house".to_owned(), None), ("thaw-missing".to_owned(), Some(Severity::Warning))]
    );
    assert!(read("[severity]\nhouse = \"off\"\n").is_err(), "there is no such rule without the table");
}

#[test]
fn durations_are_seconds_or_texts_with_a_unit() {
    let set_open = |value: &str| {
        read(&format!("[thresholds]\nset-open = {value}\n")).map(|c| c.policy.thresholds.set_open)
    };
    for (value, wanted) in [
        ("1.5", TimeDelta::milliseconds(1_500)),
        ("90", TimeDelta::seconds(90)),
        ("\"90s\"", TimeDelta::seconds(90)),
        ("\"10 m\"", TimeDelta::minutes(10)),
        ("\"2h\"", TimeDelta::hours(2)),
        ("\"1d\"", TimeDelta::days(1)),
    ] {
        assert_eq!(set_open(value), Ok(wanted), "{value}");
    }
    for value in [
        "0",
        "-1",
        "\"\"",
        "\"10\"",
        "\"ten m\"",
        "\"1w\"",
        "true",
        "inf",
        "nan",
        "1e300",
        "\"99999999999d\"",
    ] {
        let error = set_open(value).expect_err(value);
        assert!(
            error.starts_with("conf/vsscope.toml:2:12: \"set-open\" has to be a duration above zero"),
            "{error}"
        );
    }
}

#[test]
fn counts_and_shares_have_bounds() {
    let thresholds =
        |text: &str| read(&format!("[thresholds]\n{text}\n")).map(|config| config.policy.thresholds);
    assert_eq!(thresholds("retries = 0x10").map(|t| t.retries), Ok(16));
    assert_eq!(thresholds("freeze-window-share = 1").map(|t| t.freeze_window_share), Ok(1.0));
    for text in [
        "retries = 0",
        "retries = 1.5",
        "retries = -3",
        "freeze-window-share = 0",
        "freeze-window-share = 1.01",
    ] {
        assert!(thresholds(text).is_err(), "{text}");
    }
}

#[test]
fn a_later_file_changes_only_what_it_names() {
    let mut config = Config::default();
    config.parse("a", "[thresholds]\nretries = 7\n", TABLES).expect("a file");
    config.parse("b", "[thresholds]\nmass-delete = 9\n", TABLES).expect("a file");
    assert_eq!((config.policy.thresholds.retries, config.policy.thresholds.mass_delete), (7, 9));
    let rule = "[[rule]]\nid = \"house\"\ntitle = \"t\"\nseverity = \"info\"\nevent = { level = 1 }\n";
    config.parse("c", rule, TABLES).expect("a file");
    let error = config.parse("d", rule, TABLES).expect_err("the rule again").to_string();
    assert_eq!(error, "d:2:6: there is another rule \"house\"");
}

#[test]
fn rule_files_hold_rules_alone() {
    let mut config = Config::default();
    let error = config.parse("r", "[severity]\n", &["rule"]).expect_err("another table").to_string();
    assert!(error.starts_with("r:1:2: unknown key \"severity\""), "{error}");
}

#[test]
fn patterns_ask_for_what_they_say() {
    let asked = pattern(
        "provider = \"VSS\", event-id = [8194, 12289], level = 2, host = \"h\", writer = \"w\", set-known = true, \
         text = \"t\", image = \"i.exe\"",
    );
    let wanted = Pattern {
        provider: Some("VSS".into()),
        event_ids: vec![8194, 12289],
        level: Some(2),
        host: Some("h".into()),
        writer: Some("w".into()),
        set_known: Some(true),
        text: Some("t".into()),
        image: Some("i.exe".into()),
        ..Pattern::default()
    };
    assert_eq!(asked, Ok(wanted));
    let step = pattern("method = \"dosnapshotset\", edge = \"finished\"").expect("a pattern");
    assert_eq!((step.method, step.edge), (Some(Method::DoSnapshotSet), Some(Edge::Finished)));
    assert_eq!(pattern("callback = \"Freeze\"").map(|p| p.callback), Ok(Some(Callback::Freeze)));
    for code in ["\"E_ACCESSDENIED\"", "0x80070005", "\"0x80070005\"", "2147942405", "\"-2147024891\""] {
        assert_eq!(
            pattern(&format!("code = {code}")).map(|p| p.code),
            Ok(Some(HResult::ACCESS_DENIED)),
            "{code}"
        );
    }
}

#[test]
fn mistakes_in_patterns_are_told() {
    for (text, wanted) in [
        ("", "an event has to be described"),
        ("event-id = []", "an event id or a list of them"),
        ("event-id = [\"8194\"]", "an event id or a list of them"),
        ("event-id = 4294967296", "an event id or a list of them"),
        ("level = 0", "a level from 1 (critical) to 5 (verbose)"),
        ("level = 6", "a level from 1 (critical) to 5 (verbose)"),
        ("method = \"DoSnapshot\"", "did you mean \"DoSnapshotSet\"?"),
        ("method = 1", "a text was expected, not a value of type integer"),
        ("edge = \"left\"", "unknown word \"left\""),
        ("code = \"E_ACESSDENIED\"", "did you mean \"E_ACCESSDENIED\"?"),
        ("code = 4294967296", "a known name or a number"),
        ("provider = \" \"", "a text that is not empty"),
        ("set-known = \"yes\"", "true or false"),
        ("event_id = 1", "did you mean \"event-id\"?"),
    ] {
        let error = pattern(text).expect_err(text);
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn every_condition_is_read() {
    let (a, b) = ("{ level = 1 }", "{ level = 2 }");
    match condition(&format!("sequence = {{ events = [{a}, {b}], within = 9, same = [\"set\", \"pid\"] }}")) {
        Ok(Condition::Sequence(found)) => {
            assert_eq!((found.steps.len(), found.within), (2, TimeDelta::seconds(9)));
            assert_eq!(found.same, [Same::Set, Same::Pid]);
        }
        other => panic!("{other:?}"),
    }
    match condition(&format!("absence = {{ event = {a}, followed-by = {b}, within = \"2h\" }}")) {
        Ok(Condition::Absence(found)) => {
            assert_eq!((found.event.level, found.followed_by.level), (Some(1), Some(2)));
            assert_eq!((found.within, found.same), (TimeDelta::hours(2), Vec::new()));
        }
        other => panic!("{other:?}"),
    }
    match condition(&format!("threshold = {{ event = {a}, at-least = 2, within = 5 }}")) {
        Ok(Condition::Count(found)) => assert_eq!((found.at_least, found.within), (2, TimeDelta::seconds(5))),
        other => panic!("{other:?}"),
    }
    match condition("threshold = { phase = \"Freeze\", actor = \"Writer\", writer = \"w\", over = 5 }") {
        Ok(Condition::LongPhase(found)) => {
            assert_eq!((found.name.as_str(), found.actor), ("Freeze", Some(PhaseActor::Writer)));
            assert_eq!((found.writer.as_deref(), found.over), (Some("w"), TimeDelta::seconds(5)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn mistakes_in_conditions_are_told() {
    let a = "{ level = 1 }";
    for (text, wanted) in [
        (String::new(), "exactly one condition"),
        (
            format!("event = {a}\nabsence = {{ event = {a}, followed-by = {a}, within = 1 }}"),
            "exactly one condition",
        ),
        (format!("sequence = {{ events = [{a}], within = 1 }}"), "at least two patterns"),
        (format!("sequence = {{ events = [{a}, {a}] }}"), "\"within\" is missing"),
        (
            format!("sequence = {{ events = [{a}, {a}], within = 1, same = [\"day\"] }}"),
            "unknown word \"day\"",
        ),
        (format!("absence = {{ event = {a}, within = 1 }}"), "\"followed-by\" is missing"),
        (format!("threshold = {{ event = {a}, at-least = 1, within = 1 }}"), "a whole number above one"),
        ("threshold = { phase = \"Freeze\" }".into(), "\"over\" is missing"),
        (format!("threshold = {{ phase = \"Freeze\", over = 1, event = {a} }}"), "unknown key \"event\""),
        ("event = 1".into(), "\"event\" has to be a table"),
    ] {
        let error = condition(&text).expect_err(&text);
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn every_mistake_is_told_in_the_order_of_the_file() {
    let error = read("[severity]\nx = \"info\"\n[thresholds]\ny = 1\n[[ignore]]\nrule = \"z\"\n")
        .expect_err("mistakes");
    let places: Vec<&str> =
        error.lines().filter_map(|line| line.split(": ").find(|part| part.contains(".toml"))).collect();
    let wanted =
        ["conf/vsscope.toml:2:1", "conf/vsscope.toml:4:1", "conf/vsscope.toml:5:1", "conf/vsscope.toml:6:8"];
    assert_eq!(places, wanted, "{error}");
}

#[test]
fn columns_count_characters() {
    let error = read("[severity]\n\"äöü\" = \"info\"\nthaw-missing = \"ünfo\" # é\n").expect_err("mistakes");
    assert!(
        error.contains("conf/vsscope.toml:2:1: ") && error.contains("conf/vsscope.toml:3:16: "),
        "{error}"
    );
}

#[test]
fn examples_belong_to_their_rule_and_their_folder() {
    let rule = |id: &str, examples: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"t\"\nseverity = \"info\"\nevent = {{ level = 1 }}\n{examples}"
        )
    };
    let text = rule("a", "[[rule.example]]\nnote = \"n\"\nfires = true\nfile = \"logs/x.evtx\"\n")
        + &rule("b", "example = [{ note = \"m\", fires = false, events = '''\n{}''' }]\n");
    let examples = good(&text).examples;
    let found: Vec<_> = examples.iter().map(|e| (&*e.rule, &*e.note, e.fires, &e.evidence)).collect();
    let file = Evidence::File(Path::new("conf").join("logs/x.evtx"));
    assert_eq!(found, [("a", "n", true, &file), ("b", "m", false, &Evidence::Events("{}".into()))]);
    assert_eq!(examples.first().map(|example| &*example.place), Some("conf/vsscope.toml:6:1"));
}
