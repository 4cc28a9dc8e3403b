//! The page, read back by an HTML5 parser: structure, links, policy, times, and text that stays text.

use crate::sample::{self, PAYLOADS};
use base64::Engine as _;
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Analysis, FindingStatus, Severity};
use vsscope_reports::text::safe;
use vsscope_reports::{LeftOut, ReportOptions, RuleDoc, TextOptions, html};

/// An element of a page.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

/// A page as a parser sees it.
struct Parsed {
    elements: Vec<Element>,
    errors: Vec<String>,
}

impl Parsed {
    fn of(page: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(page);
        let mut elements = Vec::new();
        walk(&dom.document, &mut elements);
        let errors = dom.errors.borrow().iter().map(ToString::to_string).collect();
        Parsed { elements, errors }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    fn classed(&self, class: &str) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.get("class").split(' ').any(|one| one == class))
    }

    fn id(&self, id: &str) -> &Element {
        self.elements.iter().find(|element| element.get("id") == id).unwrap_or_else(|| panic!("no #{id}"))
    }

    fn text(&self) -> &str {
        &self.named("body").next().expect("a body").text
    }
}

impl Element {
    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map(String::as_str).unwrap_or_default()
    }
}

fn walk(node: &Handle, elements: &mut Vec<Element>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attributes = attrs
            .borrow()
            .iter()
            .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
            .collect();
        let mut text = String::new();
        text_of(node, &mut text);
        elements.push(Element { name: name.local.to_string(), attributes, text });
    }
    for child in node.children.borrow().iter() {
        walk(child, elements);
    }
}

fn text_of(node: &Handle, text: &mut String) {
    if let NodeData::Text { contents } = &node.data {
        text.push_str(&contents.borrow());
    }
    for child in node.children.borrow().iter() {
        text_of(child, text);
    }
}

fn rules() -> Vec<RuleDoc> {
    vec![RuleDoc {
        id: "freeze-window-exceeded".into(),
        title: "A writer was frozen for too long".into(),
        severity: Severity::Error,
        scope: "writer".into(),
        basis: "documented".into(),
        sections: vec![("Why".into(), "A limit of `60 s`.\n\n- one\n- two".into())],
    }]
}

fn written(analysis: &Analysis, tz: chrono_tz::Tz) -> String {
    html::report(analysis, &ReportOptions { rules: &rules(), tz, left_out: None, fail_on: Severity::Error })
}

fn page(analysis: &Analysis) -> Parsed {
    Parsed::of(&written(analysis, chrono_tz::UTC))
}

fn samples() -> [(&'static str, Analysis); 5] {
    [
        ("healthy", sample::healthy()),
        ("failed", sample::failed()),
        ("traced", sample::traced()),
        ("many", sample::many()),
        ("without sets", sample::without_sets()),
    ]
}

#[test]
fn every_sample_is_a_sound_page_in_which_all_links_lead_somewhere() {
    for (name, analysis) in samples() {
        let page = page(&analysis);
        assert_eq!(page.errors, [""; 0], "{name}");
        let ids: Vec<&str> = page.elements.iter().map(|e| e.get("id")).filter(|id| !id.is_empty()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: an id is there twice");
        let links: Vec<&str> = page.named("a").map(|link| link.get("href")).collect();
        assert!(links.len() > 4, "{name}: {links:?}");
        for link in links {
            assert!(
                link.strip_prefix('#').is_some_and(|id| unique.contains(id)),
                "{name}: {link} leads nowhere"
            );
        }
        assert_eq!(page.classed("set").count(), analysis.sets.len(), "{name}");
        assert_eq!(page.classed("finding").count(), analysis.findings.len(), "{name}");
        let levels: Vec<u8> = page.elements.iter().filter_map(|e| heading(&e.name)).collect();
        assert_eq!(levels.first(), Some(&1), "{name}");
        assert!(
            levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{name}: headings skip a level: {levels:?}"
        );
    }
}

fn heading(name: &str) -> Option<u8> {
    name.strip_prefix('h').filter(|rest| rest.len() == 1)?.parse().ok()
}

#[test]
fn the_policy_names_the_script_and_the_style_and_nothing_else() {
    let page = page(&sample::failed());
    let policy = page.named("meta").find(|meta| meta.get("http-equiv") == "Content-Security-Policy");
    let policy = policy.expect("a policy").get("content");
    let hash = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    let [script] = page.named("script").collect::<Vec<_>>()[..] else { panic!("one script") };
    let [style] = page.named("style").collect::<Vec<_>>()[..] else { panic!("one style") };
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
            hash(&style.text),
            hash(&script.text)
        )
    );
    let inline = page.elements.iter().flat_map(|e| e.attributes.keys()).find(|name| *name == "style");
    assert_eq!(inline, None, "the policy forbids styles of elements");
}

/// Elements and attributes that the page uses. A payload that adds one has got out of its text.
fn shape(page: &Parsed) -> BTreeSet<(String, String)> {
    let of = |element: &Element| {
        let name = element.name.clone();
        let attributes = element.attributes.keys().cloned().chain([String::new()]);
        attributes.map(move |attribute| (name.clone(), attribute)).collect::<Vec<_>>()
    };
    page.elements.iter().flat_map(of).collect()
}

#[test]
fn hostile_text_stays_text() {
    let known: BTreeSet<_> = samples().iter().flat_map(|(_, analysis)| shape(&page(analysis))).collect();
    assert!(!known.contains(&("img".into(), String::new())), "the page has no pictures");
    for payload in PAYLOADS {
        let analysis = sample::hostile(payload);
        let page = page(&analysis);
        assert_eq!(page.errors, [""; 0], "{payload:?}");
        let more: Vec<_> = shape(&page).difference(&known).cloned().collect();
        assert!(more.is_empty(), "{payload:?} adds {more:?}");
        assert_eq!(page.named("script").count(), 1, "{payload:?}");
        let text = page.text();
        let times = text.matches(safe(payload).as_str()).count();
        assert!(times > 30, "{payload:?} is shown {times} times");
        assert!(page.classed("bar").all(|bar| bar.get("class").split(' ').all(|class| class.len() < 6)));
    }
}

#[test]
fn no_string_of_an_analysis_gets_out_of_its_place() {
    let known: BTreeSet<_> = samples().iter().flat_map(|(_, analysis)| shape(&page(analysis))).collect();
    let payload = "\"'></script></title><img src=x onerror=alert(1)>";
    let whole = serde_json::to_value(sample::failed()).expect("json");
    let mut tried = 0;
    for at in 0..sample::strings(&whole) {
        let mut changed = whole.clone();
        sample::replace_string(&mut changed, &mut at.clone(), payload);
        let Ok(analysis) = serde_json::from_value::<Analysis>(changed) else { continue };
        tried += 1;
        let more: Vec<_> = shape(&page(&analysis)).difference(&known).cloned().collect();
        assert!(more.is_empty(), "string {at} adds {more:?}");
    }
    assert!(tried > 100, "only {tried} strings can be replaced");
}

#[test]
fn each_time_has_the_offset_of_its_own_day() {
    let mut analysis = sample::failed();
    // The night in which Berlin goes from +01:00 to +02:00.
    analysis.sets[0].started = "2026-03-29T00:30:00Z".parse().expect("a time");
    analysis.sets[1].started = "2026-03-29T01:30:00Z".parse().expect("a time");
    let page = Parsed::of(&written(&analysis, chrono_tz::Europe::Berlin));
    let rows: Vec<&str> = page
        .named("td")
        .filter(|cell| cell.get("class") == "r")
        .take(2)
        .map(|cell| cell.text.as_str())
        .filter(|text| text.starts_with("2026"))
        .collect();
    assert_eq!(rows, ["2026-03-29 01:30:00 +01:00", "2026-03-29 03:30:00 +02:00"]);
}

#[test]
fn the_page_says_what_the_text_says() {
    for (name, analysis) in samples() {
        let page = page(&analysis);
        let options = TextOptions { width: 5000, verbose: true, ..TextOptions::default() };
        let text = vsscope_reports::analyze(&analysis, &options);
        let verdict = text.lines().nth(1).expect("a verdict");
        let (word, words) = verdict.split_once("  ").expect("a word and words");
        let shown = &page.classed("verdict").next().expect("a verdict").text;
        assert!(shown.contains(word) && shown.contains(words.trim()), "{name}: {verdict} / {shown}");
        for finding in &analysis.findings {
            let item = page.id(&format!("finding-{}", finding.id));
            for words in [&finding.title, &finding.remedy] {
                assert!(item.text.contains(&safe(words)), "{name}: {} lacks {words}", finding.id);
            }
            let reason = finding.noise_reason.as_deref().unwrap_or_default();
            assert!(item.text.contains(reason), "{name}: {}", finding.id);
            assert_eq!(finding.status == FindingStatus::New, item.text.contains(finding.severity.as_str()));
        }
    }
}

#[test]
fn a_finding_shows_its_proof_with_its_place_and_its_cause() {
    let page = page(&sample::failed());
    let first = &page.id("finding-f1").text;
    for place in ["record 4711", "line 123, offset 0x11000", "offset 0x12a40", "Security.evtx"] {
        assert!(first.contains(place), "{place}: {first}");
    }
    let second = &page.id("finding-f2").text;
    assert!(second.contains("Because of f1, SqlServerWriter was frozen for longer than 60 s"), "{second}");
    assert!(second.contains("(confidence strong)"), "{second}");
    let rule = &page.id("rule-freeze-window-exceeded").text;
    assert!(rule.contains("A limit of 60 s."), "{rule}");
}

#[test]
fn the_timeline_draws_limits_and_what_is_beyond_them() {
    let page = page(&sample::failed());
    let bars: Vec<&Element> =
        page.classed("bar").filter(|bar| bar.text.starts_with("FreezeWindow")).collect();
    // Two of the healthy set, one of the failed one: from 01:15:00.700 to 01:16:02.900, 62.2 s.
    let [_, _, long] = bars[..] else { panic!("{} freeze windows", bars.len()) };
    assert_eq!(long.get("class"), "bar w holds bad");
    assert!(long.text.contains("62.200 s, 103% of 60 s"), "{}", long.text);
    // The window is that of the creation: 65 s from 01:14:58.000. Freeze begins at 2.7 s, its limit ends at 62.7 s.
    let places = |class: &str, attribute: &str| {
        page.classed(class).map(|part| part.get(attribute).to_owned()).collect::<Vec<_>>()
    };
    assert!(places("limit", "x1").contains(&"96.462%".to_owned()), "{:?}", places("limit", "x1"));
    // 2.2 s of 65 s are beyond it.
    assert!(
        page.classed("over").any(|part| part.get("x") == "96.462%" && part.get("width") == "3.385%"),
        "what is beyond the limit is marked"
    );
    let abort = page.classed("bar").find(|bar| bar.text.starts_with("Abort")).expect("the open step");
    assert!(abort.get("class").contains("open") && abort.text.contains("end not seen"), "{}", abort.text);
    let veto = page.classed("bar").find(|bar| bar.text.contains("result veto")).expect("the veto");
    assert!(veto.text.ends_with('✕'), "a failure is not told by colour alone: {}", veto.text);
}

#[test]
fn sets_with_findings_are_in_place_and_the_others_packed() {
    let mut analysis = sample::failed();
    let quiet = analysis.sets[0].clone();
    for number in 0..150 {
        let mut set = quiet.clone();
        set.id = format!("00000000-0000-0000-0000-{number:012}");
        set.guid = set.id.parse().ok();
        analysis.sets.insert(0, set);
    }
    let page = page(&analysis);
    assert_eq!(page.named("tr").filter(|row| row.attributes.contains_key("data-o")).count(), 152);
    assert_eq!(page.classed("set").count(), 20, "20 are in place");
    assert_eq!(page.named("tr").filter(|row| row.attributes.contains_key("data-pack")).count(), 132);
    let found = analysis.findings[0].set.as_deref().expect("a set");
    assert!(
        page.id(&format!("set-{found}")).text.contains("sqlwriter.exe (1812)"),
        "the one with findings is"
    );
    assert_eq!(page.named("noscript").count(), 1, "who has no script is told");
}

#[test]
fn the_page_says_what_a_filter_left_out() {
    let left_out = Some(LeftOut { sets: 2, findings: 3, worst: Some(Severity::Error) });
    let options = ReportOptions { rules: &[], tz: chrono_tz::UTC, left_out, fail_on: Severity::Error };
    let page = Parsed::of(&html::report(&sample::healthy(), &options));
    let facts = &page.named("header").next().expect("a head").text;
    let words = "leaves out 2 snapshot sets and 3 findings, the gravest of them an error";
    assert!(facts.contains(words), "{facts}");
}
