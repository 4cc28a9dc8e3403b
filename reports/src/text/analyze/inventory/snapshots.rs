//! The shadow copies that tools list.

use super::{List, details, left_out, path, rows, said, section};
use crate::describe::{short_guid, short_volume};
use crate::text::clock::{Reading, legend};
use crate::text::page::Page;
use crate::text::table::{Grid, Kind};
use std::collections::BTreeSet;
use vsscope_model::{Analysis, Clock, Guid, ListedSnapshot};

pub(super) fn snapshots(page: &mut Page, analysis: &Analysis) {
    let unzoned: BTreeSet<&str> =
        analysis.inputs.iter().filter(|input| !input.times.is_known()).map(|input| &*input.path).collect();
    // The creation time of a shadow copy has the zone of the tool that printed it, not that of the events.
    let reading = |copy: &ListedSnapshot| {
        let clock = if unzoned.contains(path(&copy.source)) { Clock::Unzoned } else { Clock::Zone };
        Some(Reading::of(clock, copy.created?))
    };
    let copies = &analysis.inventory.snapshots;
    section(page, "Shadow copies listed", copies, |page, copies| {
        let columns = [
            ("shadow copy", Kind::Flexible),
            ("set", Kind::Flexible),
            ("volume", Kind::Flexible),
            ("device", Kind::Flexible),
            ("created", Kind::Flexible),
            ("exposed as", Kind::Flexible),
        ];
        let mut grid = Grid::new(&columns);
        let shown = rows(page);
        for copy in copies.iter().take(shown) {
            grid.row(row(page, copy, reading(copy)));
        }
        let marks = legend(copies.iter().take(shown).filter_map(|copy| reading(copy)));
        let mut below: Vec<String> = marks.into_iter().map(str::to_owned).collect();
        below.extend(left_out(copies.len().saturating_sub(shown)));
        let details =
            copies.iter().filter(|_| page.options.verbose).map(|copy| in_full(page, copy)).collect();
        List { grid, below, details }
    });
}

fn row(page: &Page, copy: &ListedSnapshot, reading: Option<Reading>) -> Vec<String> {
    let short = |id: Option<Guid>| id.map(short_guid).unwrap_or_default();
    let created = match copy.created.zip(reading) {
        Some((created, reading)) => page.options.second(created, reading),
        None => said(page, copy.created_text.as_deref()),
    };
    vec![
        short(copy.id),
        short(copy.set),
        copy.volume.as_deref().map(|volume| page.options.clean(&volume_words(volume))).unwrap_or_default(),
        said(page, copy.device.as_deref()),
        created,
        said(page, copy.exposed.as_deref()),
    ]
}

/// Ids in full, provider, attributes.
fn in_full(page: &Page, copy: &ListedSnapshot) -> String {
    let options = page.options;
    let id = copy.id.map_or_else(|| "shadow copy without id".to_owned(), |id| id.to_string());
    let of = copy.set_size.map(|size| format!(" of {size}")).unwrap_or_default();
    let provider = copy.provider.as_deref().map(|name| options.clean(name));
    let provider = provider.or_else(|| copy.provider_id.map(|id| id.to_string()));
    let parts = [
        copy.set.map(|set| format!("set {set}{of}")),
        copy.created_text.as_deref().map(|text| format!("created {}", options.clean(text))),
        provider.map(|provider| format!("provider {provider}")),
        copy.attributes.as_deref().map(|text| format!("attributes {}", options.clean(text))),
    ];
    details(&id, parts, &copy.source)
}

/// A volume as tools print it: `(C:)\\?\Volume{…}\` is shown as `C:`, a bare name by its head.
pub(super) fn volume_words(volume: &str) -> String {
    let letter = volume.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(letter, _)| letter);
    letter.filter(|letter| !letter.is_empty()).map_or_else(|| short_volume(volume), str::to_owned)
}
