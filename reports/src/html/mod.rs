//! One self-contained page for a browser: no network, no file beside it.
//!
//! The templates are in `templates/html/`, its style and its one script as well. The page's policy lets nothing run or
//! style it but these two, which it names by their hashes: text that got into the page as markup would still be dead.
//! What a log wrote passes through `markup`; words and tables are those of the text report, so that both agree.

mod blocks;
mod findings;
mod markup;
mod pack;
mod rules;
mod sets;
mod svg;

use crate::text::analyze::{coverage, head, inventory, sets as set_words};
use crate::text::page::Page;
use crate::text::table::{Grid, Kind};
use crate::text::units::thousands;
use crate::text::{TextOptions, statistics, timeline};
use crate::{ReportOptions, RuleDoc};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use findings::{Findings, Writer};
use markup::{Html, anchor, class, sign};
use pack::{Body, Packs};
use rules::Rule;
use sets::Row;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use vsscope_model::{Analysis, Finding, Input, Session, SnapshotSet};

const STYLE: &str = include_str!("../../templates/html/style.css");
const SCRIPT: &str = include_str!("../../templates/html/script.js");
/// Columns that the words of the text report are made for: as a wide terminal.
const WIDE: usize = 200;

/// Where the parts of a page are.
struct Places<'a> {
    sets: BTreeMap<&'a str, (String, &'a SnapshotSet)>,
    findings: BTreeMap<&'a str, (String, &'a Finding)>,
    rules: BTreeMap<&'a str, String>,
    sessions: BTreeMap<&'a str, &'a Session>,
}

impl<'a> Places<'a> {
    fn of(analysis: &'a Analysis, options: &ReportOptions<'a>) -> Self {
        let set = |(at, set): (usize, &'a SnapshotSet)| (&*set.id, (anchor("set", &set.id, at), set));
        let finding = |(at, f): (usize, &'a Finding)| (&*f.id, (anchor("finding", &f.id, at), f));
        let rule = |(at, rule): (usize, &'a RuleDoc)| (&*rule.id, anchor("rule", &rule.id, at));
        let used = |rule: &&RuleDoc| analysis.findings.iter().any(|finding| finding.rule == rule.id);
        Places {
            sets: analysis.sets.iter().enumerate().map(set).collect(),
            findings: analysis.findings.iter().enumerate().map(finding).collect(),
            rules: options.rules.iter().filter(used).enumerate().map(rule).collect(),
            sessions: analysis.sessions.iter().map(|session| (session.id.as_str(), session)).collect(),
        }
    }

    fn set(&self, id: &str) -> String {
        self.sets.get(id).map(|(anchor, _)| anchor.clone()).unwrap_or_default()
    }

    fn finding(&self, id: &str) -> String {
        self.findings.get(id).map(|(anchor, _)| anchor.clone()).unwrap_or_default()
    }
}

/// The whole page.
#[derive(Template)]
#[template(path = "html/report.html")]
struct Whole {
    style: Html,
    style_hash: String,
    script: Html,
    script_hash: String,
    title: Html,
    tool: Html,
    verdict: Verdict,
    facts: Vec<(&'static str, Html)>,
    findings: Findings,
    sets: Vec<Row>,
    many_hosts: bool,
    rows: usize,
    packed: bool,
    charts: Charts,
    parts: Parts,
    hosts: Html,
    inputs: Vec<InputRow>,
    rules: Vec<Rule>,
    packs: Vec<Html>,
}

/// Pictures of many sets; absent where there is nothing to draw.
struct Charts {
    overview: Option<Html>,
    days: Option<Html>,
    freeze_times: Option<Html>,
}

/// The parts that are blocks of the text report; empty where there is nothing to say.
struct Parts {
    without_sets: Html,
    sessions: Html,
    statistics: Html,
    inventory: Html,
    coverage: Html,
    missing: Html,
}

/// The answer.
struct Verdict {
    class: &'static str,
    sign: &'static str,
    word: &'static str,
    words: Html,
}

/// An input with its numbers.
struct InputRow {
    anchor: String,
    id: Html,
    path: Html,
    format: Html,
    bytes: String,
    records: String,
    lost: String,
    events: String,
    first: Html,
    last: Html,
}

/// The report as one HTML document.
pub fn report(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let text = TextOptions {
        width: WIDE,
        color: true,
        ascii: false,
        tz: options.tz,
        verbose: true,
        left_out: options.left_out,
    };
    let page = Page::about(analysis, &text);
    let places = Places::of(analysis, options);
    let writer = Writer::new(&page, analysis, &places);
    let mut packs = Packs::default();
    let findings = writer.findings(&mut packs);
    let sets = sets::sets(&writer, &mut packs);
    let packs = packs.finish();
    let whole = Whole {
        style: Html::ours(STYLE),
        style_hash: hash(STYLE),
        script: Html::ours(SCRIPT),
        script_hash: hash(SCRIPT),
        title: title(&page, analysis),
        tool: Html::clean(&format!("{} {}", analysis.tool.name, analysis.tool.version)),
        verdict: verdict(&page, analysis),
        facts: facts(&page, analysis),
        findings,
        many_hosts: analysis.hosts.len() > 1,
        rows: sets::ROWS,
        packed: !packs.is_empty(),
        charts: charts(&page, analysis, &sets),
        parts: parts(&page, analysis),
        sets,
        hosts: runs(&page, analysis),
        inputs: analysis.inputs.iter().enumerate().map(|(at, input)| input_row(&page, at, input)).collect(),
        rules: rules_of(options, &places),
        packs,
    };
    // Writing to a string does not fail.
    whole.render().unwrap_or_default()
}

fn charts(page: &Page, analysis: &Analysis, sets: &[Row]) -> Charts {
    let figures = analysis.statistics.as_ref();
    let marks = analysis.sets.iter().zip(sets).map(|(set, row)| (set, row.anchor.as_str()));
    Charts {
        overview: svg::overview(&marks.collect::<Vec<_>>(), page),
        days: figures.and_then(|figures| svg::days(&figures.days)),
        freeze_times: figures.and_then(|figures| svg::freeze_times(&figures.freeze_times, page)),
    }
}

fn parts(page: &Page, analysis: &Analysis) -> Parts {
    let part = |title: &str, write: &dyn Fn(&mut Page)| blocks::elements(&page.blocks(write), title, 3);
    Parts {
        without_sets: match analysis.sets.is_empty() {
            true => part("Snapshot sets", &|page| set_words::without_sets(page, analysis)),
            false => Html::default(),
        },
        sessions: part("Sessions without a set", &|page| timeline::sessions_without_set(page, analysis)),
        statistics: part("Statistics", &|page| statistics::statistics(page, analysis)),
        inventory: part("What tools list", &|page| inventory::inventory(page, analysis)),
        coverage: part("What was seen", &|page| coverage::coverage(page, analysis)),
        missing: part("What would tell more", &|page| coverage::missing(page, analysis)),
    }
}

fn verdict(page: &Page, analysis: &Analysis) -> Verdict {
    let (style, word, words) = head::verdict(analysis, page.options.left_out.as_ref());
    Verdict { class: class(style), sign: sign(style), word, words: Html::of(&words) }
}

/// What the policy of the page knows a style or a script by: CSP 3, "hash-source".
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn title(page: &Page, analysis: &Analysis) -> Html {
    let (_, word, _) = head::verdict(analysis, page.options.left_out.as_ref());
    Html::of(&match &analysis.hosts[..] {
        [] => format!("{word} - vsscope"),
        [host] => format!("{word} - {} - vsscope", page.options.clean(&host.name)),
        [host, rest @ ..] => {
            format!("{word} - {} and {} more - vsscope", page.options.clean(&host.name), rest.len())
        }
    })
}

fn facts(page: &Page, analysis: &Analysis) -> Vec<(&'static str, Html)> {
    let options = page.options;
    let facts = [
        ("Filter", options.left_out.map(head::left_out).unwrap_or_default()),
        ("Hosts", head::hosts(analysis, options)),
        ("Time", head::times(page, analysis)),
        ("Input", head::inputs(analysis)),
        ("Zone", format!("times are shown in {}, each with its offset", options.tz.name())),
        ("Made", analysis.generated.map(|time| page.instant(time)).unwrap_or_default()),
    ];
    let facts = facts.into_iter().filter(|(_, words)| !words.is_empty());
    facts.map(|(name, words)| (name, Html::of(&words))).collect()
}

fn input_row(page: &Page, at: usize, input: &Input) -> InputRow {
    let time = |time: Option<_>| Html::of(&time.map(|time| page.second(time)).unwrap_or_default());
    InputRow {
        anchor: anchor("input", &input.id, at),
        id: Html::clean(&input.id),
        path: Html::clean(&input.path),
        format: Html::clean(&input.format),
        bytes: thousands(input.bytes),
        records: thousands(input.records),
        lost: if input.lost > 0 { thousands(input.lost) } else { String::new() },
        events: thousands(input.events),
        first: time(input.first),
        last: time(input.last),
    }
}

/// The runs of the services, host by host.
fn runs(page: &Page, analysis: &Analysis) -> Html {
    let mut grid = Grid::new(&[
        ("host", Kind::Flexible),
        ("service", Kind::Rigid),
        ("started", Kind::Rigid),
        ("ended", Kind::Rigid),
        ("pid", Kind::Number),
        ("end", Kind::Flexible),
    ]);
    for (host, run) in analysis.hosts.iter().flat_map(|host| host.runs.iter().map(move |run| (host, run))) {
        let time = |time: Option<_>| time.map_or_else(|| "not seen".to_owned(), |time| page.second(time));
        grid.row(vec![
            page.options.clean(&host.name),
            page.options.clean(&run.service),
            time(run.started),
            time(run.ended),
            run.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            run.end_reason.as_str().to_owned(),
        ]);
    }
    blocks::table(&grid, "Runs of the services")
}

fn rules_of(options: &ReportOptions<'_>, places: &Places<'_>) -> Vec<Rule> {
    let known = |rule: &RuleDoc| Some(Rule::of(rule, places.rules.get(rule.id.as_str())?.clone()));
    options.rules.iter().filter_map(known).collect()
}
