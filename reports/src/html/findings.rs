//! Findings, explanation by explanation: a cause in full, below it what followed from it. What does not count is folded.

use super::Places;
use super::markup::{Html, anchor, class, sign};
use super::pack::{Body, Packs};
use crate::text::analyze::findings::InputNames;
use crate::text::analyze::short_id;
use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::units::count;
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Analysis, Confidence, Evidence, Finding, FindingStatus};

/// So many explanations are in sight. Up to so many findings, all bodies are in place; of more, so many.
const IN_SIGHT: usize = 25;
const FEW: usize = 150;
const HERE: usize = 40;

/// All findings of a page.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Explanations that are in sight, and those that are one step away.
    pub(super) first: Vec<Explanation>,
    pub(super) more: Vec<Explanation>,
    /// What does not count, by reason.
    pub(super) folded: Vec<Folded>,
}

/// A cause and what followed from it.
#[derive(Debug)]
pub(super) struct Explanation {
    pub(super) root: Item,
    pub(super) led_to: Vec<Item>,
    pub(super) led_to_words: String,
}

/// Findings that do not count.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) words: String,
    pub(super) items: Vec<Item>,
}

/// One finding: its line, and its body.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) anchor: String,
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: String,
    pub(super) title: Html,
    pub(super) about: Html,
    pub(super) body: Body,
    pub(super) open: bool,
}

/// What is folded out below a finding.
#[derive(Template)]
#[template(path = "html/finding.html")]
struct Detail<'a> {
    facts: Vec<(&'a str, Html)>,
    why: Vec<Html>,
    because: Vec<(&'a str, Html)>,
    proofs: Vec<Proof>,
    remedy: Html,
    reason: Option<Html>,
    rule: &'a str,
    rule_anchor: Option<&'a str>,
}

struct Proof {
    input: Html,
    anchor: Option<String>,
    place: Html,
    text: Html,
}

/// What the findings of one page need.
pub(super) struct Writer<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) analysis: &'a Analysis,
    pub(super) places: &'a Places<'a>,
    names: InputNames<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(page: &'a Page<'a>, analysis: &'a Analysis, places: &'a Places<'a>) -> Self {
        Writer { page, analysis, places, names: InputNames::new(&analysis.inputs) }
    }

    /// All findings.
    pub(super) fn findings(&self, packs: &mut Packs) -> Findings {
        let of = |status| self.analysis.findings.iter().filter(move |finding| finding.status == status);
        let counting: Vec<&Finding> = of(FindingStatus::New).collect();
        let known: BTreeSet<&str> = counting.iter().map(|finding| finding.id.as_str()).collect();
        let is_root =
            |finding: &Finding| !finding.cause.as_deref().is_some_and(|cause| known.contains(cause));
        let here = if self.analysis.findings.len() > FEW { HERE } else { FEW };
        let mut written = 0;
        let mut explanations: Vec<Explanation> = Vec::new();
        for finding in counting {
            let mut item = self.item(finding, packs, written < here);
            written += 1;
            match explanations.last_mut().filter(|_| !is_root(finding)) {
                Some(explanation) => explanation.led_to.push(item),
                None => {
                    item.open = explanations.is_empty();
                    let led_to_words = String::new();
                    explanations.push(Explanation { root: item, led_to: Vec::new(), led_to_words });
                }
            }
        }
        for explanation in &mut explanations {
            explanation.led_to_words = count(explanation.led_to.len(), "further finding");
        }
        let more = explanations.split_off(explanations.len().min(IN_SIGHT));
        let folded = [
            (FindingStatus::Baseline, "known from the baseline"),
            (FindingStatus::Ignored, "ignored, as the configuration wants it"),
            (FindingStatus::Noise, "known noise: looks alarming and is not"),
        ];
        let folded = folded.into_iter().filter_map(|(status, words)| {
            let items: Vec<Item> =
                of(status).map(|finding| self.item(finding, packs, written < here)).collect();
            (!items.is_empty()).then(|| Folded { words: format!("{} {words}", items.len()), items })
        });
        let folded = folded.collect();
        Findings { first: explanations, more, folded }
    }

    fn item(&self, finding: &Finding, packs: &mut Packs, here: bool) -> Item {
        let options = self.page.options;
        let counts = finding.counts();
        let style = if counts { Style::from(finding.severity) } else { Style::Dim };
        let set = finding.set.as_deref().map(|id| match self.places.sets.get(id) {
            Some((_, set)) => format!("set {}", short_id(set, options)),
            None => format!("set {}", options.clean(id)),
        });
        let host = finding.host.as_deref().filter(|_| self.analysis.hosts.len() > 1);
        let writer = finding.writer.as_deref();
        let sure = match (finding.confidence, finding.cause_confidence) {
            (Confidence::Weak, _) => Some("possible".to_owned()),
            (_, Some(Confidence::Weak)) => Some("possibly a consequence".to_owned()),
            _ => None,
        };
        let parts = [
            Some(self.page.second(finding.time)),
            set,
            host.map(|host| options.clean(host)),
            writer.map(|writer| options.clean(writer)),
            sure,
            Some(options.clean(&finding.id)),
        ];
        let about: Vec<String> = parts.into_iter().flatten().collect();
        Item {
            anchor: self.places.finding(&finding.id),
            class: class(style),
            sign: sign(style),
            word: if counts { finding.severity.as_str().to_owned() } else { status_word(finding).to_owned() },
            title: Html::clean(&finding.title),
            about: Html::of(&about.join(options.dot())),
            body: packs.body(self.detail(finding), here),
            open: false,
        }
    }

    fn detail(&self, finding: &Finding) -> Html {
        let (page, options) = (self.page, self.page.options);
        let named = |id: &str, sure: Option<Confidence>| {
            let other = self.places.findings.get(id).map(|(_, other)| *other);
            let title = other.map(|other| format!(", {}", options.clean(&other.title))).unwrap_or_default();
            let sure = sure.filter(|sure| *sure != Confidence::Exact);
            let sure = sure.map(|sure| format!(" (confidence {sure})")).unwrap_or_default();
            let words = Html::of(&format!("{}{title}", options.clean(id)));
            match other {
                Some(_) => Html::ours(format!("<a href=\"#{}\">{words}</a>{sure}", self.places.finding(id))),
                None => Html::ours(format!("{words}{sure}")),
            }
        };
        let cause = finding.cause.as_deref().map(|id| ("Because of", named(id, finding.cause_confidence)));
        let others = finding.competing.iter().map(|id| ("Or because of", named(id, None)));
        let reason = finding.noise_reason.as_deref().or(finding.ignore_reason.as_deref());
        let why = finding.detail.lines().map(|line| Html::of(&page.told(line, finding.time)));
        let detail = Detail {
            facts: self.facts(finding),
            why: why.filter(|line| !line.is_empty()).collect(),
            because: cause.into_iter().chain(others).collect(),
            proofs: finding.evidence.iter().map(|evidence| self.proof(finding, evidence)).collect(),
            remedy: Html::clean(&finding.remedy),
            reason: reason.map(|reason| Html::of(&page.told(reason, finding.time))),
            rule: &finding.rule,
            rule_anchor: self.places.rules.get(finding.rule.as_str()).map(String::as_str),
        };
        // Writing to a string does not fail.
        Html::ours(detail.render().unwrap_or_default())
    }

    /// Where the finding belongs.
    fn facts(&self, finding: &Finding) -> Vec<(&'static str, Html)> {
        let (page, options) = (self.page, self.page.options);
        let set = finding.set.as_deref().map(|id| match self.places.sets.get(id) {
            Some((anchor, _)) => Html::ours(format!("<a href=\"#{anchor}\">{}</a>", Html::clean(id))),
            None => Html::clean(id),
        });
        let clock = page.reading(finding.time).words().map(|words| format!(" ({words})")).unwrap_or_default();
        let facts = [
            ("Time", Some(Html::of(&format!("{}{clock}", page.instant(finding.time))))),
            ("Host", finding.host.as_deref().map(Html::clean)),
            ("Set", set),
            ("Session", finding.session.as_deref().map(Html::clean)),
            ("Writer", finding.writer.as_deref().map(Html::clean)),
            ("Confidence", Some(Html::clean(&options.clean(finding.confidence.as_str())))),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
    }

    fn proof(&self, finding: &Finding, evidence: &Evidence) -> Proof {
        let options = self.page.options;
        let known = self.analysis.inputs.iter().position(|input| input.id == evidence.input);
        let places = [
            evidence.record.map(|record| format!("record {record}")),
            evidence.line.map(|line| format!("line {line}")),
            evidence.offset.map(|offset| format!("offset 0x{offset:x}")),
        ];
        let place: Vec<String> = places.into_iter().flatten().collect();
        Proof {
            input: Html::of(&options.clean(self.names.get(&evidence.input))),
            anchor: known.map(|at| anchor("input", &evidence.input, at)),
            place: Html::of(&place.join(", ")),
            text: Html::of(&self.page.told(&evidence.text, finding.time)),
        }
    }

    /// The findings that count, by set: their number and links to them.
    pub(super) fn by_set(&self) -> BTreeMap<&'a str, Vec<&'a Finding>> {
        let mut by_set: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in self.analysis.findings.iter().filter(|finding| finding.counts()) {
            if let Some(set) = finding.set.as_deref() {
                by_set.entry(set).or_default().push(finding);
            }
        }
        by_set
    }
}

fn status_word(finding: &Finding) -> &'static str {
    match finding.status {
        FindingStatus::New => finding.severity.as_str(),
        FindingStatus::Baseline => "baseline",
        FindingStatus::Noise => "noise",
        FindingStatus::Ignored => "ignored",
    }
}
