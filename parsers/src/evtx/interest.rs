//! Which records matter, remembered by the bytes of their provider's name.

use super::binxml::{is_plain, utf16};
use crate::windows::{self, Interest};

/// Providers that are remembered; a real log has some dozens.
const MAX_KNOWN: usize = 256;
/// Ids that are remembered of one.
const MAX_IDS: usize = 64;

/// What was asked so far.
#[derive(Debug, Default)]
pub(super) struct Interests {
    known: Vec<Known>,
    last: usize,
}

#[derive(Debug)]
struct Known {
    wide: Box<[u8]>,
    name: String,
    ids: Vec<(u32, Interest)>,
}

impl Interests {
    /// Whether records of this provider (UTF-16) with this id may speak of VSS; `None` for a name that is out of the ordinary.
    pub fn of(&mut self, provider: &[u8], event_id: u32) -> Option<Interest> {
        let is_last = self.known.get(self.last).is_some_and(|known| *known.wide == *provider);
        if !is_last {
            self.last = match self.known.iter().position(|known| *known.wide == *provider) {
                Some(index) => index,
                None => self.learn(provider)?,
            };
        }
        let known = self.known.get_mut(self.last)?;
        if let Some((_, interest)) = known.ids.iter().find(|(id, _)| *id == event_id) {
            return Some(*interest);
        }
        let interest = windows::interest(&known.name, event_id);
        if known.ids.len() < MAX_IDS {
            known.ids.push((event_id, interest));
        }
        Some(interest)
    }

    fn learn(&mut self, provider: &[u8]) -> Option<usize> {
        let name = utf16(provider).filter(|_| is_plain(provider))?;
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.push(Known { wide: provider.into(), name, ids: Vec::new() });
        self.known.len().checked_sub(1)
    }
}
