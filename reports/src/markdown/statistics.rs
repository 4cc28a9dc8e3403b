//! The figures over many sets: how the sets of each requester ended, how long each writer was frozen.

use super::Document;
use super::escape::{code, prose};
use crate::text::units::{duration, thousands};
use vsscope_model::OutcomeCounts;

/// Rows of a table.
const ROWS: usize = 20;

pub(super) fn statistics(doc: &mut Document<'_>) {
    let Some(figures) = &doc.analysis.statistics else { return };
    doc.heading(2, "Statistics");
    let outcomes = |name: String, counts: &OutcomeCounts| {
        let OutcomeCounts { sets, completed, failed, aborted, created, unknown, success_percent } = counts;
        let numbers = [sets, completed, created, unknown, aborted, failed];
        let share = success_percent.map(|share| format!("{share:.1}%")).unwrap_or_default();
        std::iter::once(name)
            .chain(numbers.map(|number| thousands(*number as u64)))
            .chain([share])
            .collect::<Vec<_>>()
    };
    let requester = |image: &Option<String>| image.as_deref().map_or_else(|| "not known".to_owned(), code);
    let mut rows: Vec<Vec<String>> = figures
        .requesters
        .iter()
        .take(ROWS)
        .map(|row| outcomes(requester(&row.image), &row.counts))
        .collect();
    rows.push(outcomes("**all**".to_owned(), &figures.sets));
    doc.table(
        &["Requester", "Sets", "Completed", "Created", "Unknown", "Aborted", "Failed", "Success"],
        &rows,
    );
    let ms = |ms: Option<f64>| ms.map(|ms| prose(&duration(ms))).unwrap_or_default();
    let writers = figures.writers.iter().take(ROWS).map(|writer| {
        vec![
            prose(&writer.name),
            thousands(writer.windows as u64),
            ms(writer.median_ms),
            ms(writer.p95_ms),
            ms(writer.max_ms),
            thousands(writer.failures as u64),
        ]
    });
    let writers: Vec<Vec<String>> = writers.collect();
    doc.table(&["Writer", "Freezes", "Median", "95th percentile", "Longest", "Failures"], &writers);
    let more = [
        (figures.requesters.len().saturating_sub(ROWS), "requesters"),
        (figures.writers.len().saturating_sub(ROWS), "writers"),
    ];
    for (number, what) in more.into_iter().filter(|(number, _)| *number > 0) {
        doc.paragraph(&format!("And {number} more {what}."));
    }
}
