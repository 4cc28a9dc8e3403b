//! Records of which nothing can become: entries, exits and messages of functions that mean nothing, in threads in which
//! nothing is under way. They are most of a trace; all that they change is the stack of their thread.

use super::names::{self, Role};
use super::stack::{self, Frame};
use super::{Names, Story, codes};
use crate::trace::gist::{Gist, Named};

/// What is known of a record that may mean nothing.
#[derive(Debug, Clone, Copy)]
pub(in crate::trace) struct Passing<'a> {
    /// Process id.
    pub pid: Option<u32>,
    /// Thread id.
    pub tid: Option<u32>,
    /// Where to look for the thread first: mostly the same for one thread, and others for others.
    pub hint: u16,
    /// Module.
    pub module: Option<&'static str>,
    /// Call depth.
    pub indent: Option<u32>,
    /// What it says.
    pub gist: Gist<'a>,
}

impl Passing<'_> {
    /// Bits of a hint: a busy trace has some hundred threads.
    pub const HINT_BITS: u32 = 10;
    /// How many hints there are.
    pub const HINTS: usize = 1 << Self::HINT_BITS;
}

/// Functions that mean nothing, by what stands in the braces of their entries and exits. Each has two places, which others
/// may take from it.
#[derive(Debug, Default)]
pub(super) struct Idle(Vec<Option<Function>>);

/// Places for functions; their number is a power of two.
const PLACES: usize = 1 << 12;

/// A function that means nothing in the records of a module.
#[derive(Debug, Clone)]
struct Function {
    hash: u64,
    inner: Box<[u8]>,
    function: stack::Function,
    module: Option<&'static str>,
}

impl Function {
    fn is(&self, named: Named<'_>, module: Option<&'static str>) -> bool {
        self.hash == named.hash && *self.inner == *named.bytes && self.module == module
    }
}

impl Idle {
    /// A function that is known to mean nothing in a module.
    #[inline]
    fn known(&self, named: Named<'_>, module: Option<&'static str>) -> Option<&stack::Function> {
        let [one, other] = places(named);
        let at =
            |place: usize| self.0.get(place).and_then(Option::as_ref).filter(|known| known.is(named, module));
        at(one).or_else(|| at(other)).map(|known| &known.function)
    }

    /// Learns whether a function means nothing in a module.
    #[cold]
    fn learn(&mut self, named: Named<'_>, module: Option<&'static str>, names: &mut Names) -> bool {
        let Some(name) = named.function() else { return false };
        let function = names.function(name);
        if names::role(&function, module) != Role::Other {
            return false;
        }
        self.0.resize(PLACES, None);
        let [one, other] = places(named);
        let before = self.0.get_mut(one).and_then(|place| {
            place.replace(Function { hash: named.hash, inner: named.bytes.into(), function, module })
        });
        if let Some(place) = self.0.get_mut(other).filter(|_| before.is_some()) {
            *place = before;
        }
        true
    }
}

/// The places of a function.
fn places(named: Named<'_>) -> [usize; 2] {
    let one = usize::try_from(named.hash >> 52).unwrap_or_default();
    [one, one ^ 1]
}

impl Story {
    /// Takes the next record if nothing can become of it; else `false`, and nothing has happened.
    #[inline]
    pub(in crate::trace) fn pass(&mut self, passing: &Passing<'_>) -> bool {
        let Passing { pid, tid, hint, module, indent, gist } = *passing;
        let (named, is_exit) = match gist {
            Gist::Message => return self.threads.pass((pid, tid), hint, |thread| thread.stack.is_idle()),
            Gist::Exit(_, Some(result)) if result.is_failure() => return false,
            Gist::Exit(named, _) => (named, true),
            Gist::Enter(named) => (named, false),
        };
        let function = if let Some(function) = self.idle.known(named, module) {
            function
        } else {
            if !self.idle.learn(named, module, &mut self.names) {
                return false;
            }
            let Some(function) = self.idle.known(named, module) else { return false };
            function
        };
        self.threads.pass((pid, tid), hint, |thread| {
            if !thread.failures.is_empty() {
                return false;
            }
            if is_exit {
                return thread.stack.pop_idle(function, indent);
            }
            thread.stack.push(Frame { function: function.clone(), indent, meaning: None });
            true
        })
    }
}

/// Whether a message shows a failure code.
pub(in crate::trace) fn shows_failure(text: &str) -> bool {
    codes::mention(text).is_some()
}
