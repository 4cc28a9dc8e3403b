//! Whose events an event trace holds: counts per provider, and the names of those that are met in captures of VSS.
//!
//! Names: Microsoft's support scripts and the registered publishers (`formats/etl.md` of the reference folder, section 5).

use super::event::{Head, Kind, Provider};
use super::{driver, vss};
use std::collections::BTreeMap;
use vsscope_model::{EtwProvider, Guid};

/// Providers that are told apart. A real file has some hundred; GUIDs in a damaged one are endless.
const MOST: usize = 10_000;

/// Counts per provider.
#[derive(Default)]
pub(super) struct Providers {
    tallies: BTreeMap<Provider, Tally>,
    /// Events of those beyond [`MOST`].
    others: u64,
}

#[derive(Default, Clone, Copy)]
struct Tally {
    events: u64,
    messages: u64,
    decoded: u64,
}

impl Providers {
    /// Counts an event.
    pub fn count(&mut self, head: &Head) {
        if self.tallies.len() >= MOST && !self.tallies.contains_key(&head.provider) {
            self.others = self.others.saturating_add(1);
            return;
        }
        let tally = self.tallies.entry(head.provider).or_default();
        tally.events = tally.events.saturating_add(1);
        tally.messages = tally.messages.saturating_add(u64::from(head.kind == Kind::Message));
    }

    /// The content of an event that was counted was read.
    pub fn decoded(&mut self, provider: &Provider) {
        if let Some(tally) = self.tallies.get_mut(provider) {
            tally.decoded = tally.decoded.saturating_add(1);
        }
    }

    /// The list for the report, in the order of the GUIDs.
    pub fn finish(self) -> Vec<EtwProvider> {
        let mut list: Vec<EtwProvider> =
            self.tallies.iter().map(|(provider, tally)| entry(provider, tally)).collect();
        if self.others > 0 {
            list.push(EtwProvider {
                id: Guid::NULL,
                name: Some("(other providers)".to_owned()),
                events: self.others,
                decoded: 0,
                note: Some(format!("only {MOST} providers are told apart")),
            });
        }
        list.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.name.cmp(&b.name)));
        list
    }
}

fn entry(provider: &Provider, tally: &Tally) -> EtwProvider {
    let (id, name, note) = match provider {
        Provider::Kernel => {
            (Guid::NULL, Some("Windows kernel (SYSTEM/PERFINFO events)".to_owned()), Some("not of VSS"))
        }
        Provider::Guid(id) => {
            let known = known(*id);
            (*id, known.map(|(name, _)| name.to_owned()), known.and_then(|(_, note)| note))
        }
        Provider::Component(number) => (Guid::NULL, Some(format!("WPP component {number:#x}")), None),
        Provider::Unnamed => (Guid::NULL, Some("WPP messages without a GUID".to_owned()), None),
    };
    let is_wpp = tally.messages > 0 && tally.messages == tally.events;
    let note = note.or(is_wpp.then_some(WPP));
    EtwProvider { id, name, events: tally.events, decoded: tally.decoded, note: note.map(str::to_owned) }
}

const WPP: &str = "WPP messages: only readable with the symbols (PDB or TMF) of the program that wrote them";

/// Name of a provider, and a word on it.
fn known(id: Guid) -> Option<(&'static str, Option<&'static str>)> {
    Some(match id {
        vss::CLASS => ("VSS tracing event", Some("class of the events of the VSS tracing provider")),
        vss::CONTROL => ("VSS tracing provider", None),
        driver::PROVIDER => (driver::NAME, None),
        BACKUP => ("Microsoft-Windows-Backup", Some("read from its event log instead")),
        VOLSNAP => ("Volsnap", Some("the events of the System log; read from there instead")),
        FILE_SHARE_PROVIDER => ("FileShareShadowCopyProvider", Some("layout not public")),
        FILE_SHARE_AGENT => ("FileShareShadowCopyAgent", Some("layout not public")),
        VOLSNAP_WPP => ("volsnap (WPP)", Some(WPP)),
        ASR_WPP => ("ASR (WPP)", Some(WPP)),
        SPP_WPP => ("SPP (WPP)", Some(WPP)),
        BACKUP_ENGINE_WPP => ("Windows Server Backup engine (WPP; name inferred)", Some(WPP)),
        DEDUPLICATION => {
            ("Deduplication tracing event", Some("layout of VSS tracing events, but not of VSS"))
        }
        UNKNOWN => ("(named in captures of VSS; unknown)", None),
        _ => return None,
    })
}

const BACKUP: Guid = Guid::from_bits(0x1db28f2e_8f80_4027_8c5a_a11f7f10f62d);
const VOLSNAP: Guid = Guid::from_bits(0xcb017cd2_1f37_4e65_82bc_3e91f6a37559);
const FILE_SHARE_PROVIDER: Guid = Guid::from_bits(0x89300202_3cec_4981_9171_19f59559e0f2);
const FILE_SHARE_AGENT: Guid = Guid::from_bits(0xa0d45273_3386_4f3a_b344_0d8fee74e06a);
const VOLSNAP_WPP: Guid = Guid::from_bits(0xda58fbef_c209_4bee_84ed_027c421f31bf);
const ASR_WPP: Guid = Guid::from_bits(0x6407345b_94f2_44c8_b3db_4e076be46816);
const SPP_WPP: Guid = Guid::from_bits(0x4b966436_6781_4906_8035_9af94b32c3f7);
const BACKUP_ENGINE_WPP: Guid = Guid::from_bits(0x5602c36e_b813_49d1_a1aa_a0c2d43b4f38);
const DEDUPLICATION: Guid = Guid::from_bits(0x7cb1dab9_fff7_40fe_a916_6b2f04cb5e1c);
const UNKNOWN: Guid = Guid::from_bits(0x6529026f_23d7_4a9e_a4ba_a5265e198365);
