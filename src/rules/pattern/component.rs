//! Components as calls name them.

use crate::knowledge::writers;
use vsscope_model::{Component, Guid, Writer};

/// Whether two calls name one component: by writer class, writer instance, logical path and name.
pub fn same_key(a: &Component, b: &Component) -> bool {
    same_instance(a, b) && same_place(a, b)
}

/// The same where a call may have left out the instance.
pub fn may_be_same(a: &Component, b: &Component) -> bool {
    let no_instance = a.instance.is_none() || b.instance.is_none();
    (no_instance || same_instance(a, b)) && same_place(a, b)
}

/// Whether two components are of one class of writers.
pub fn same_writer(a: &Component, b: &Component) -> bool {
    a.writer.eq_ignore_ascii_case(&b.writer)
}

/// Whether a component is of a writer; of two instances of one class only the instance tells.
pub fn is_of(component: &Component, writer: &Writer) -> bool {
    let instance = component.instance.as_deref().and_then(|text| text.parse::<Guid>().ok());
    if let (Some(a), Some(b)) = (instance, writer.instance_id)
        && a != b
    {
        return false;
    }
    let class: Option<Guid> = component.writer.trim_matches(['{', '}']).parse().ok();
    let known = writer.class_id.or_else(|| writers::by_name(writer.name.as_deref()?).map(|w| w.class_id));
    match (class, known) {
        (Some(a), Some(b)) => a == b,
        _ => writer.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&component.writer)),
    }
}

/// Path and name of a component and its writer, for a sentence.
pub fn label(component: &Component) -> String {
    let class: Option<Guid> = component.writer.trim_matches(['{', '}']).parse().ok();
    let known = class.and_then(writers::by_class).map(|known| known.name);
    let writer = known.unwrap_or(&component.writer);
    match component.path.as_str() {
        "" => format!("{} of {writer}", component.name),
        path => format!("{path}\\{} of {writer}", component.name),
    }
}

fn same_instance(a: &Component, b: &Component) -> bool {
    let lower = |component: &Component| component.instance.as_deref().map(str::to_lowercase);
    lower(a) == lower(b)
}

fn same_place(a: &Component, b: &Component) -> bool {
    same_writer(a, b) && a.path == b.path && a.name == b.name
}
