//! Records of which nothing can become: entries, exits and messages of functions that mean nothing, in threads in which
//! nothing is under way. They are most of a trace; all that they change is the stack of their thread.

use super::names::{self, Role};
use super::stack::{self, Frame};
use super::{MAX_NAMES, Names, Story, codes};
use crate::trace::gist::{Gist, Named};
use crate::trace::mix::Seed;
use std::collections::HashMap;

/// What is known of a record that may mean nothing.
#[derive(Debug, Clone, Copy)]
pub(in crate::trace) struct Passing<'a> {
    /// Process id.
    pub pid: Option<u32>,
    /// Thread id.
    pub tid: Option<u32>,
    /// Where to look for the thread first: a number below [`Passing::HINTS`] that is mostly the same for the same thread.
    pub hint: usize,
    /// Module.
    pub module: Option<&'static str>,
    /// Call depth.
    pub indent: Option<u32>,
    /// What it says.
    pub gist: Gist<'a>,
}

impl Passing<'_> {
    /// How many hints there are.
    pub const HINTS: usize = 256;
}

/// Functions that mean nothing, by the hash of what stands in the braces of their entries and exits.
#[derive(Debug, Default)]
pub(super) struct Idle(HashMap<u64, Function, Seed>);

/// A function that means nothing in the records of a module.
#[derive(Debug)]
struct Function {
    inner: Box<[u8]>,
    function: stack::Function,
    module: Option<&'static str>,
}

impl Idle {
    /// A function that is known to mean nothing in a module.
    fn known(&self, named: Named<'_>, module: Option<&'static str>) -> Option<&stack::Function> {
        let known = self.0.get(&named.hash)?;
        (*known.inner == *named.bytes && known.module == module).then_some(&known.function)
    }

    /// Learns whether a function means nothing in a module.
    fn learn(&mut self, named: Named<'_>, module: Option<&'static str>, names: &mut Names) -> bool {
        let Some(name) = named.function().filter(|_| self.0.len() < MAX_NAMES) else { return false };
        let function = names.function(name);
        let means_nothing = names::role(&function, module) == Role::Other;
        if means_nothing {
            self.0.insert(named.hash, Function { inner: named.bytes.into(), function, module });
        }
        means_nothing
    }
}

impl Story {
    /// Takes the next record if nothing can become of it; else `false`, and nothing has happened.
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
