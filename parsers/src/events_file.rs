//! Lines of `vsscope.events/1`, which `vsscope events` writes: events come back as they were, with the line they were
//! read from noted beside their origin.

use crate::collect::{Collector, Seen};
use crate::json::Unfit;
use crate::time;
use serde::Deserialize;
use std::borrow::Cow;
use vsscope_model::{Analysis, Clock, Event};

/// Source of events that have neither channel nor provider.
const SOURCE: &str = "vsscope-events";

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
}

/// Reads one line.
pub(crate) fn read(json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
    let unfit = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => Unfit::Record,
        _ => Unfit::Json,
    };
    let head: Head<'_> = serde_json::from_str(json).map_err(unfit)?;
    if head.schema != Analysis::EVENTS_SCHEMA {
        return Err(Unfit::Record);
    }
    let mut event: Event = serde_json::from_str(json).map_err(unfit)?;
    if !time::is_plausible(event.time) {
        return Err(Unfit::Record);
    }
    event.source = out.place_via(event.source, line);
    let provider = Some(&*event.provider).filter(|provider| !provider.is_empty());
    out.count(Seen {
        host: event.host.as_deref().unwrap_or_default(),
        channel: event.source.channel.as_deref().or(provider).unwrap_or(SOURCE),
        time: event.time,
        written: event.time,
        clock: Clock::Record,
    });
    out.keep(event);
    Ok(())
}
