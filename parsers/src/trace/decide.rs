//! Which layout the lines of an input have: that of a profile if one fits, else one that is learned from them.

use super::body::Shape;
use super::describe;
use super::layout::{Column, Layout, Reading};
use super::learn::{self, Learned};
use super::profile::Profile;
use super::recall::Recall;
use super::stamp::Stamp;
use vsscope_model::Confidence;

/// Name of layouts that were learned.
const ADAPTIVE: &str = "adaptive";

/// Lines from which the layout is told.
pub(super) const SAMPLE_LINES: usize = 1000;

/// The layout of an input.
pub(super) struct Decision {
    /// The layout.
    pub layout: Layout,
    /// Name of the profile, or [`ADAPTIVE`].
    pub name: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// The columns in words.
    pub columns: String,
    /// What was assumed.
    pub assumed: Vec<&'static str>,
    /// The time stamps of the sample.
    pub stamps: Vec<Stamp>,
    /// What the sample looks like by this layout.
    fit: Fit,
}

/// Finds the layout; `None` if no profile fits and nothing can be learned. A layout that reads most lines comes before one
/// that only reads some: of a trace with long dumps most lines are no records.
pub(super) fn decide(lines: &[&str], profiles: &[Profile]) -> Option<Decision> {
    let mut learned = None;
    [Fit::is_most, Fit::is_some].into_iter().find_map(|enough| {
        let by_profile = best(profiles, lines, enough).or_else(|| best(Profile::built_in(), lines, enough));
        if let Some((profile, fit)) = by_profile {
            let confidence = if fit.is_nearly_all() { Confidence::Strong } else { Confidence::Weak };
            return Some(Decision::new(profile.layout.clone(), &profile.name, confidence, Vec::new(), fit));
        }
        let learned: &Option<Learned> = learned.get_or_insert_with(|| learn::learn(lines));
        adaptive(learned.as_ref()?, lines, profiles, enough)
    })
}

fn adaptive(learned: &Learned, lines: &[&str], profiles: &[Profile], enough: Enough) -> Option<Decision> {
    let layout = &learned.layout;
    let fit = Some(Fit::of(layout, lines)).filter(enough)?;
    let mut assumed = learned.assumed.clone();
    if !profiles.is_empty() {
        assumed.push("no profile that was given fits; the layout was learned from the lines");
    }
    let has_clock = layout.has(|column| matches!(column, Column::Time | Column::Seconds));
    let has_pid = layout.has(|column| matches!(column, Column::Pid(_)));
    let has_tid = layout.has(|column| matches!(column, Column::Tid(_)));
    let is_strong = fit.is_nearly_all() && has_clock && has_pid && has_tid;
    let confidence = if is_strong { Confidence::Strong } else { Confidence::Weak };
    Some(Decision::new(layout.clone(), ADAPTIVE, confidence, assumed, fit))
}

/// Whether a layout reads enough of the lines.
type Enough = fn(&Fit) -> bool;

/// The profile that reads most of the lines, of equals the first; `None` if none reads enough.
fn best<'p>(profiles: &'p [Profile], lines: &[&str], enough: Enough) -> Option<(&'p Profile, Fit)> {
    let fits = profiles.iter().map(|profile| (profile, Fit::of(&profile.layout, lines)));
    let fits = fits.filter(|(_, fit)| enough(fit));
    fits.reduce(|best, next| if next.1.records > best.1.records { next } else { best })
}

impl Decision {
    fn new(
        mut layout: Layout,
        name: &str,
        confidence: Confidence,
        assumed: Vec<&'static str>,
        mut fit: Fit,
    ) -> Self {
        layout.learn_indent(&fit.blanks);
        let columns = describe::columns(&layout, fit.stamps.first().copied());
        let stamps = std::mem::take(&mut fit.stamps);
        Decision { layout, name: name.to_owned(), confidence, columns, assumed, stamps, fit }
    }

    /// Whether the sample is a trace beyond doubt, so that nobody has to say so.
    pub fn convinces(&self) -> bool {
        let Fit { records, lines, first, edges, qualified, of_vss, .. } = self.fit;
        let between_dumps = first && edges >= MANY_EDGES && records.saturating_mul(20) >= lines;
        if !(self.fit.is_most() || between_dumps) {
            return false;
        }
        let few = records <= 12;
        let by_edges = edges >= if few { 1 } else { 3 } && edges.saturating_mul(20) >= records;
        let has_ids = self.layout.has(|column| {
            matches!(
                column,
                Column::Time | Column::Seconds | Column::Pid(_) | Column::Tid(_) | Column::Module
            )
        });
        let by_names = has_ids && of_vss > 0 && qualified.saturating_mul(2) >= records;
        // Entries and exits can be switched off: a layout that is known beforehand fits hardly anything else by chance.
        let by_profile = self.name != ADAPTIVE && records >= 3 && qualified.saturating_mul(2) >= records;
        by_edges || by_names || by_profile
    }
}

/// What lines look like by a layout.
#[derive(Debug, Default)]
struct Fit {
    /// Lines that are not blank.
    lines: usize,
    records: usize,
    /// The first line that is not blank is a record.
    first: bool,
    /// Entries and exits.
    edges: usize,
    /// Messages with a function of a class.
    qualified: usize,
    /// Records whose function is one of VSS.
    of_vss: usize,
    stamps: Vec<Stamp>,
    /// Blanks before the bodies.
    blanks: Vec<u32>,
}

/// Entries and exits that make a trace though most lines only continue records.
const MANY_EDGES: usize = 5;
/// Entries and exits by which a layout is taken that reads the fewest of the lines.
const SOME_EDGES: usize = 3;

impl Fit {
    fn of(layout: &Layout, lines: &[&str]) -> Self {
        let mut fit = Fit::default();
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            fit.lines = fit.lines.saturating_add(1);
            let Reading::Record { fields, body, .. } = layout.read(line, &mut Recall::off()) else {
                continue;
            };
            fit.records = fit.records.saturating_add(1);
            fit.first |= fit.lines == 1;
            let one_if = |is: bool| usize::from(is);
            fit.edges = fit.edges.saturating_add(one_if(body.shape >= Shape::Edge));
            fit.qualified = fit.qualified.saturating_add(one_if(body.shape == Shape::Qualified));
            fit.of_vss = fit.of_vss.saturating_add(one_if(learn::anchor::is_of_vss(body.function)));
            fit.stamps.extend(fields.stamp);
            fit.blanks.extend(fields.blanks);
        }
        fit
    }

    fn is_most(&self) -> bool {
        self.records.saturating_mul(2) > self.lines
    }

    fn is_some(&self) -> bool {
        self.first || self.edges >= SOME_EDGES
    }

    fn is_nearly_all(&self) -> bool {
        self.records.saturating_mul(10) > self.lines.saturating_mul(9)
    }
}
