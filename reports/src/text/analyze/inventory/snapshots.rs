//! The shadow copies that tools list.

use super::{left_out, path, place, rows, said, section};
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
            ("provider", Kind::Flexible),
            ("exposed as", Kind::Flexible),
            ("attributes", Kind::Flexible),
            ("place", Kind::Rigid),
        ];
        let mut grid = Grid::new(&columns);
        let shown = rows(page);
        for copy in copies.iter().take(shown) {
            grid.row(row(page, copy, reading(copy)));
        }
        let marks = legend(copies.iter().take(shown).filter_map(|copy| reading(copy)));
        let more = left_out(copies.len().saturating_sub(shown));
        let below: Vec<&str> = marks.into_iter().chain([&*more]).filter(|line| !line.is_empty()).collect();
        (grid, below.join("; "))
    });
}

fn row(page: &Page, copy: &ListedSnapshot, reading: Option<Reading>) -> Vec<String> {
    let options = page.options;
    let verbose = |text: String| if options.verbose { text } else { String::new() };
    let id = |id: Option<Guid>| match id {
        Some(id) if options.verbose => id.to_string(),
        Some(id) => short_guid(id),
        None => String::new(),
    };
    let size =
        copy.set_size.filter(|_| options.verbose).map(|size| format!("\nof {size}")).unwrap_or_default();
    let created = match copy.created.zip(reading) {
        Some((created, reading)) => options.second(created, reading),
        None => said(page, copy.created_text.as_deref()),
    };
    let provider = match &copy.provider {
        Some(name) => options.clean(name),
        None => id(copy.provider_id),
    };
    vec![
        id(copy.id),
        id(copy.set) + &size,
        copy.volume.as_deref().map(|volume| options.clean(&volume_words(volume))).unwrap_or_default(),
        said(page, copy.device.as_deref()),
        created,
        verbose(provider),
        said(page, copy.exposed.as_deref()),
        verbose(said(page, copy.attributes.as_deref())),
        verbose(place(&copy.source)),
    ]
}

/// A volume as tools print it: `(C:)\\?\Volume{…}\` is shown as `C:`, a bare name by its head.
pub(super) fn volume_words(volume: &str) -> String {
    let letter = volume.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(letter, _)| letter);
    letter.filter(|letter| !letter.is_empty()).map_or_else(|| short_volume(volume), str::to_owned)
}
