//! [`Known`]: how lines begin that were read, for recognising others that begin so.

use crate::trace::layout::{Fields, Layout, Marks};
use crate::trace::recall::Recall;
use crate::trace::shape::{RawIds, Shape};
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
    pub hint: usize,
}

impl Known {
    pub fn new() -> Self {
        let ids = vec![Default::default(); Passing::HINTS];
        Known { shapes: Vec::new(), fitted: 0, learned: 0, ids }
    }

    /// The shape of the first of some lines, and its ids.
    pub fn find(&mut self, text: &[u8]) -> Option<(&Shape, Ids)> {
        if !self.shapes.first().is_some_and(|shape| shape.fits(text)) {
            let at = self.shapes.iter().position(|shape| shape.fits(text))?;
            self.shapes.swap(0, at);
        }
        self.fitted = self.fitted.saturating_add(1);
        let shape = self.shapes.first()?;
        let raw = shape.ids(text)?;
        let hint = raw.place();
        let (known, ids) = self.ids.get_mut(hint)?;
        if *known != raw {
            let (pid, tid) = shape.values(raw)?;
            (*known, *ids) = (raw, Ids { pid, tid, hint });
        }
        Some((shape, *ids))
    }

    /// Learns the shape of a line that is a record and had none. Where they are all different that is given up.
    pub fn learn(&mut self, layout: &Layout, recall: &mut Recall, line: &str) {
        let is_worth_it = self.learned < MIN_LEARNED.saturating_add(self.fitted / 8);
        if !is_worth_it || self.shapes.iter().any(|shape| shape.fits(line.as_bytes())) {
            return;
        }
        self.learned = self.learned.saturating_add(1);
        let (mut marks, mut fields) = (Marks::default(), Fields::default());
        let read = layout.marked_prefix(line, recall, &mut fields, Some(&mut marks));
        if let Some(shape) = read.ok().and_then(|_| Shape::of(line, &marks, &fields)) {
            self.shapes.insert(0, shape);
            self.shapes.truncate(MAX_SHAPES);
        }
    }
}
