//! [`Known`]: how lines begin that were read, for recognising others that begin so.

use crate::trace::layout::{Fields, Layout, Marks};
use crate::trace::recall::Recall;
use crate::trace::shape::{RawIds, Shape, Time};
use crate::trace::stamp::Stamp;
use crate::trace::story::Passing;

/// Shapes that are kept.
const MAX_SHAPES: usize = 8;
/// Shapes that are learned whatever comes of them.
const MIN_LEARNED: u64 = 64;

/// How lines begin.
#[derive(Debug)]
pub(super) struct Known {
    /// The shape that fitted last is the first.
    shapes: Vec<Shape>,
    /// The time of all lines that fit, but for the fraction of its second.
    base: Option<Stamp>,
    fitted: u64,
    learned: u64,
    /// Ids as they stand there and what they mean, each at the place that its digits lead to.
    ids: Vec<(RawIds, Ids)>,
}

/// Process and thread of a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ids {
    pub pid: Option<u32>,
    pub tid: Option<u32>,
    /// As [`Passing::hint`].
    pub hint: u16,
}

impl Known {
    pub fn new() -> Self {
        let ids = vec![Default::default(); Passing::HINTS];
        Known { shapes: Vec::new(), base: None, fitted: 0, learned: 0, ids }
    }

    /// The time of lines that fit, without the fraction of its second.
    pub fn base(&self) -> Option<Stamp> {
        self.base
    }

    /// Whether that time has a date.
    #[inline]
    pub fn is_dated(&self) -> bool {
        self.base.as_ref().is_some_and(Stamp::is_dated)
    }

    /// The shape of the first of some lines, and its ids.
    #[inline]
    pub fn find(&mut self, text: &[u8]) -> Option<(&Shape, Ids)> {
        if !self.shapes.first().is_some_and(|shape| shape.fits(text)) {
            self.find_other(text)?;
        }
        self.fitted = self.fitted.saturating_add(1);
        let shape = self.shapes.first()?;
        let raw = shape.ids(text)?;
        let hint = raw.hint();
        let (known, ids) = self.ids.get_mut(usize::from(hint))?;
        if *known != raw {
            let (pid, tid) = shape.values(raw)?;
            (*known, *ids) = (raw, Ids { pid, tid, hint });
        }
        Some((shape, *ids))
    }

    /// Puts the shape of the first of some lines before all others.
    #[cold]
    fn find_other(&mut self, text: &[u8]) -> Option<()> {
        let at = self.shapes.iter().position(|shape| shape.fits(text))?;
        self.shapes.swap(0, at);
        Some(())
    }

    /// Learns how a line begins that is a record and fitted no shape: it is of another second, or its shape is a new one.
    /// Where they are all different that is given up.
    pub fn learn(&mut self, layout: &Layout, recall: &mut Recall, line: &str) {
        let (mut marks, mut fields) = (Marks::default(), Fields::default());
        if layout.marked_prefix(line, recall, &mut fields, Some(&mut marks)).is_err() {
            return;
        }
        let time = Time::of(&marks, recall);
        if let Some(time) = &time {
            self.shapes.retain_mut(|shape| !shape.is_timed() || shape.go_on(line, time));
            self.base = recall.base();
        }
        let is_worth_it = self.learned < MIN_LEARNED.saturating_add(self.fitted / 8);
        let is_known = || self.shapes.iter().any(|shape| shape.fits_alone(line));
        if !is_worth_it || is_known() {
            return;
        }
        self.learned = self.learned.saturating_add(1);
        if let Some(shape) = Shape::of(line, &marks, time, &fields) {
            self.shapes.insert(0, shape);
            self.shapes.truncate(MAX_SHAPES);
        }
    }
}
