//! [`Shape`]: how a line began that was read, as a pattern that tells whether another one begins in the same way.
//!
//! Nearly all lines of a trace have the same columns in the same places. Such a line needs no reading piece by piece: where
//! all bytes but the digits of its numbers are those of a line that was read, so is what they mean.

use super::columns;
use super::layout::{Digits, Fields, Marks, Radix};
use super::recall::{self, Recall};
use super::story::Passing;
use std::ops::Range;

/// Bytes that are compared together.
const CHUNK: usize = 16;
/// Longest beginning that has a shape, in chunks.
const CHUNKS: usize = 6;

/// How a line begins.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The bytes that are the same in all lines.
    chunks: Vec<Pattern>,
    /// Where numbers stand that are neither ids nor the fraction of a second, whose digits are looked at one by one.
    numbers: Vec<Digits>,
    /// Bytes before the body and its indentation.
    pub length: usize,
    /// Where the time stands, and in it the digits of the fraction of its second. All lines that fit are of one second.
    time: Option<Time>,
    /// Whether blanks before the body show the call depth.
    pub is_indented: bool,
    /// The module.
    pub module: Option<&'static str>,
    /// Whether the columns make a record by themselves.
    pub is_sure: bool,
    pid: Option<Id>,
    tid: Option<Id>,
    other: Option<Id>,
    /// As [`RawIds::digits`].
    digits: [u8; 3],
}

/// Where a time stands in a line, and the digits of its fraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Time {
    place: Range<usize>,
    digits: Range<usize>,
}

impl Time {
    /// The time that was marked and is remembered.
    pub fn of(marks: &Marks, recall: &Recall) -> Option<Self> {
        let place = marks.time.clone()?;
        let (length, digits) = recall.places().filter(|(length, _)| *length == place.len())?;
        let from = |at: usize| place.start.saturating_add(at);
        Some(Time { digits: from(digits.start)..from(digits.end), place: place.start..from(length) })
    }
}

/// A chunk of bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Pattern {
    /// The bytes.
    bytes: [u8; CHUNK],
    /// Which bits of them count.
    fixed: [u8; CHUNK],
}

/// Where an id stands.
#[derive(Debug, Clone, Copy)]
struct Id {
    at: usize,
    digits: usize,
    /// Bits of eight bytes that are not its digits.
    unused: u32,
    radix: Radix,
}

/// The ids of a line as they stand there: their digits, the first one lowest; zero for one that is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RawIds {
    /// Of the process.
    pub pid: u64,
    /// Of the thread.
    pub tid: u64,
    /// Another number, which often goes with them.
    pub other: u64,
    /// How many digits each of them has: a zero byte, which damage leaves, is not the end of one.
    pub digits: [u8; 3],
}

impl RawIds {
    /// A number that is mostly another one for other ids.
    pub fn hint(self) -> u16 {
        let mixed = self.pid ^ self.tid.rotate_left(29) ^ self.other.rotate_left(47);
        let mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let [.., low, high] = mixed.to_le_bytes();
        u16::from_le_bytes([low, high]) >> (u16::BITS - Passing::HINT_BITS)
    }
}

impl Shape {
    /// The shape of a line that was read; `None` if another one of the same kind may be read differently.
    pub fn of(line: &str, marks: &Marks, time: Option<Time>, fields: &Fields<'_>) -> Option<Self> {
        let length = marks.indent.unwrap_or(marks.end);
        if !marks.are_tight()
            || marks.time.is_some() != time.is_some()
            || !(2..=CHUNK.saturating_mul(CHUNKS)).contains(&length)
        {
            return None;
        }
        let mut numbers = marks.numbers.clone();
        let place = numbers.iter().position(|digits| digits.radix == Radix::Hex && digits.place.len() <= 8);
        let other = place.map(|at| numbers.remove(at));
        let [pid, tid, other] =
            [Id::of(marks.pid.as_ref())?, Id::of(marks.tid.as_ref())?, Id::of(other.as_ref())?];
        let mut shape = Shape {
            chunks: vec![Pattern::default(); length.div_ceil(CHUNK)],
            numbers,
            length,
            time,
            is_indented: marks.indent.is_some(),
            module: fields.module,
            is_sure: fields.are_sure(),
            pid,
            tid,
            other,
            digits: [&pid, &tid, &other].map(|id| id.as_ref().map_or(0, Id::size)),
        };
        shape.set(line, 0..length);
        for digits in marks.numbers.iter().chain(&marks.pid).chain(&marks.tid) {
            shape.free(digits.place.clone());
        }
        if let Some(time) = shape.time.clone() {
            shape.free(time.digits);
        }
        Some(shape)
    }

    /// Goes on with the second of another line; `false` if its time stands elsewhere or has another form.
    pub fn go_on(&mut self, line: &str, time: &Time) -> bool {
        let is_there = self.time.as_ref() == Some(time);
        if is_there {
            self.set(line, time.place.clone());
            self.free(time.digits.clone());
        }
        is_there
    }

    /// Whether it has a time.
    pub fn is_timed(&self) -> bool {
        self.time.is_some()
    }

    /// The fraction of the time of a line that fits, in nanoseconds; `None` if it has none after all.
    #[inline]
    pub fn fraction(&self, line: &[u8]) -> Option<u64> {
        recall::number(line.get(self.time.as_ref()?.digits.clone())?)
    }

    /// Lines that fit have these bytes.
    fn set(&mut self, line: &str, place: Range<usize>) {
        for (at, byte) in line.bytes().enumerate().take(place.end).skip(place.start) {
            self.change(at, byte, u8::MAX);
        }
    }

    /// Lines that fit have any bytes here.
    fn free(&mut self, place: Range<usize>) {
        for at in place {
            self.change(at, 0, 0);
        }
    }

    fn change(&mut self, at: usize, byte: u8, fixed: u8) {
        let chunk = at.checked_div(CHUNK).and_then(|chunk| self.chunks.get_mut(chunk));
        let Some((pattern, at)) = chunk.zip(at.checked_rem(CHUNK)) else { return };
        if let (Some(to), Some(bits)) = (pattern.bytes.get_mut(at), pattern.fixed.get_mut(at)) {
            (*to, *bits) = (byte & fixed, fixed);
        }
    }

    /// Whether a line begins in this way but for its ids and the fraction of its second; some bytes behind that have to be
    /// at hand.
    #[inline]
    pub fn fits(&self, line: &[u8]) -> bool {
        let (chunks, _) = line.as_chunks::<CHUNK>();
        let Some(chunks) = chunks.get(..self.chunks.len()) else { return false };
        let mut odd = 0;
        for (pattern, chunk) in self.chunks.iter().zip(chunks) {
            let [chunk, bytes, fixed] =
                [chunk, &pattern.bytes, &pattern.fixed].map(|all| u128::from_ne_bytes(*all));
            odd |= (chunk ^ bytes) & fixed;
        }
        odd == 0 && self.numbers.iter().all(|number| number.are_digits(line))
    }

    /// The same for a line with nothing behind it.
    pub fn fits_alone(&self, line: &str) -> bool {
        let mut filled = line.as_bytes().to_vec();
        filled.resize(filled.len().saturating_add(CHUNK), 0);
        line.len() >= self.length && self.fits(&filled)
    }

    /// The ids of a line that fits.
    #[inline]
    pub fn ids(&self, line: &[u8]) -> Option<RawIds> {
        let raw = |id: &Option<Id>| id.as_ref().map_or(Some(0), |id| id.raw(line));
        Some(RawIds {
            pid: raw(&self.pid)?,
            tid: raw(&self.tid)?,
            other: raw(&self.other)?,
            digits: self.digits,
        })
    }

    /// What ids mean; `None` if one of them is none after all.
    pub fn values(&self, ids: RawIds) -> Option<(Option<u32>, Option<u32>)> {
        let value = |id: Option<Id>, raw| id.map_or(Some(None), |id| id.value(raw).map(Some));
        value(self.other, ids.other)?;
        Some((value(self.pid, ids.pid)?, value(self.tid, ids.tid)?))
    }
}

impl Id {
    /// `None` if it has too many digits.
    fn of(digits: Option<&Digits>) -> Option<Option<Self>> {
        let Some(Digits { place, radix }) = digits else { return Some(None) };
        let unused =
            8_usize.checked_sub(place.len()).and_then(|bytes| u32::try_from(bytes.saturating_mul(8)).ok())?;
        Some(Some(Id { at: place.start, digits: place.len(), unused, radix: *radix }))
    }

    fn size(&self) -> u8 {
        u8::try_from(self.digits).unwrap_or(u8::MAX)
    }

    #[inline]
    fn raw(&self, line: &[u8]) -> Option<u64> {
        let raw = u64::from_le_bytes(*line.get(self.at..)?.first_chunk()?);
        Some(raw.wrapping_shl(self.unused).wrapping_shr(self.unused))
    }

    fn value(self, raw: u64) -> Option<u32> {
        let raw = raw.to_le_bytes();
        let digits = raw.get(..self.digits).and_then(|digits| std::str::from_utf8(digits).ok())?;
        let (value, length) = columns::number(digits, self.radix)?;
        if length == self.digits { u32::try_from(value).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::Layout;
    use super::super::notation;
    use super::super::recall::Recall;
    use super::*;
    use proptest::prelude::*;

    fn layout(prefix: &str) -> Layout {
        Layout { pieces: notation::parse(prefix).unwrap(), ..Layout::default() }
    }

    fn shape(layout: &Layout, line: &str) -> Option<Shape> {
        let (mut marks, mut fields, mut recall) = (Marks::default(), Fields::default(), Recall::on());
        layout.marked_prefix(line, &mut recall, &mut fields, Some(&mut marks)).ok()?;
        Shape::of(line, &marks, Time::of(&marks, &recall), &fields)
    }

    const REGISTRY: &str = "[{time},{pid:hex}:{tid:hex}:{context:hex}] {indent}";

    #[test]
    fn a_line_fits_the_shape_of_another_that_differs_in_digits_alone() {
        let line = "[2031-03-07 04:05:06.123,0x001a2c:0x0b40:0x0c1d2e3f]   ENTER {CDemo::Run}:\n";
        let mut shape = shape(&layout(REGISTRY), line).unwrap();
        let time = Time { place: 1..24, digits: 21..24 };
        assert_eq!((shape.length, shape.is_indented, shape.is_sure), (53, true, true));
        assert_eq!((shape.time.as_ref(), shape.fraction(line.as_bytes())), (Some(&time), Some(123_000_000)));
        for (other, fits) in [
            (line.to_owned(), true),
            (line.replace("0b40", "fF09"), true),
            (line.replace("0c1d2e3f", "12345678"), true),
            (line.replace("06.123", "06.987"), true),
            (line.replace("06.123", "07.123"), false),
            (line.replace("0x0b40", "0X0b40"), false),
            (line.replace("0b40:0x", "b4:0x00"), false),
            (line.replace("]  ", "] ["), true),
            (line.replace("] ", ")_"), false),
            (line[..60].to_owned(), false),
        ] {
            assert_eq!(shape.fits(other.as_bytes()), fits, "{other}");
        }
        assert!(shape.fits_alone(&line[..53]) && !shape.fits_alone(&line[..52]));
        let ids = shape.ids(line.as_bytes()).unwrap();
        let raw = |digits: &[u8; 8]| u64::from_le_bytes(*digits);
        assert_eq!(
            ids,
            RawIds {
                pid: raw(b"001a2c\0\0"),
                tid: raw(b"0b40\0\0\0\0"),
                other: raw(b"0c1d2e3f"),
                digits: [6, 4, 8]
            }
        );
        assert_eq!(shape.values(ids), Some((Some(0x1a2c), Some(0xb40))));
        for (digits, odd) in [("001a2c", "001a2g"), ("0b40", "0b4x"), ("0c1d2e3f", "0c1d 2e3")] {
            let odd = line.replace(digits, odd);
            assert!(shape.fits(odd.as_bytes()));
            assert_eq!(shape.values(shape.ids(odd.as_bytes()).unwrap()), None, "{odd}");
        }
        assert_eq!(shape.fraction(line.replace("06.123", "06.12x").as_bytes()), None);
        let next = line.replace("06.123", "07.500");
        assert!(shape.go_on(&next, &time) && shape.fits(next.as_bytes()) && !shape.fits(line.as_bytes()));
        assert!(!shape.go_on(line, &Time { place: 1..22, digits: 21..22 }) && shape.fits(next.as_bytes()));
    }

    #[test]
    fn what_may_be_read_differently_has_no_shape() {
        for (prefix, line) in [
            ("{time} {pid} ", "12.345 1a2c ENTER"),
            ("{time} {pid} ", "04:05:06.1 123456789 ENTER"),
            ("{pid}{indent}", "1a2c ENTER"),
            ("{pid} {tid} {?{module} }{indent}", "1a2c 0b40 ENTER"),
            ("[{skip}] {indent}", "[what] ENTER"),
            ("{pid} {ticks:us} {indent}", "1a2c 700 ENTER"),
            ("{indent}", "  ENTER"),
        ] {
            assert!(
                shape(&layout(prefix), &format!("{line} {{CDemo::Run}}: and some more text behind it"))
                    .is_none(),
                "{line}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1000), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_line_that_fits_is_read_as_its_shape_says(
            prefix in prop::sample::select(vec![
                REGISTRY, "{time} {pid} {tid} {indent}", "{number:dec}|{time}|{pid:dec}.{tid:dec}|{module}/{level} {indent}", "{?[}{pid}{?]}: {?{file}({line})}{indent}",
                "{alias}{line} {tid}, {indent}", "<{?{module} }{pid}> {indent}",
            ]),
            lines in prop::collection::vec("(\\[|<|)(0[45]:05:06.[12]|-|[0-9]{2}|)[,| ](0x)?[01aA]{2,3}(:|,|\\.| |\\||>)(0x|)[01a]{2}(:|\\||>)(GEN|DEMOCRD1|0x|)(/| |)[01a]{2}(\\] |\\]| |  )(\\[|A|)", 2..30),
        ) {
            let layout = layout(prefix);
            let behind = "ENTER {CDemo::Run}: and some more text that stands behind all of it, and more";
            let lines: Vec<String> = lines.iter().map(|line| format!("{line}{behind}")).collect();
            let shapes: Vec<(&str, Shape)> = lines.iter().filter_map(|line| Some((line.as_str(), shape(&layout, line)?))).collect();
            for line in &lines {
                for (like, shape) in shapes.iter().filter(|(_, shape)| shape.fits(line.as_bytes())) {
                    let Some(ids) = shape.values(shape.ids(line.as_bytes()).unwrap()) else { continue };
                    if shape.is_timed() && shape.fraction(line.as_bytes()).is_none() {
                        continue;
                    }
                    let read = |line: &str| {
                        let mut fields = Fields::default();
                        let rest = layout.prefix(line, &mut Recall::off(), &mut fields).unwrap().len();
                        (line.len() - rest, fields.stamp, (fields.pid, fields.tid), fields.module, fields.blanks, fields.are_sure())
                    };
                    let blanks = line[shape.length..].bytes().take_while(|byte| *byte == b' ').count();
                    let stamp = read(like).1.map(|stamp| {
                        let base = stamp.without_fraction(shape.fraction(like.as_bytes()).unwrap()).unwrap();
                        base.with_fraction(shape.fraction(line.as_bytes()).unwrap())
                    });
                    let expected = (shape.length + blanks, stamp, ids, shape.module, Some(blanks as u32), shape.is_sure);
                    prop_assert_eq!(read(line), expected, "{} by {}", line, like);
                }
            }
        }
    }
}
