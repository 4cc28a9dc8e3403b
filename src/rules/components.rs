//! Components of a backup document, as rules compare and name them.

use crate::knowledge::writers;
use vsscope_model::{CallRecord, Component, Guid};

/// How many components a finding names.
const NAMED: usize = 5;

/// Whether two keys are one: writer, instance, path and name. The instance counts where it is known.
pub fn same_key(a: &Component, b: &Component) -> bool {
    of_one_writer(a, b) && a.path == b.path && a.name == b.name
}

/// Whether two components are of one writer, and of one instance of it.
pub fn of_one_writer(a: &Component, b: &Component) -> bool {
    let instance = |c: &Component| c.instance.as_deref().map(str::to_lowercase);
    a.writer.eq_ignore_ascii_case(&b.writer) && instance(a) == instance(b)
}

/// Logical path and name as one path.
pub fn full_path(component: &Component) -> String {
    match component.path.as_str() {
        "" => component.name.clone(),
        path => format!("{path}\\{}", component.name),
    }
}

/// Whether one component lies below another one of the same writer, by their logical paths.
pub fn is_below(inner: &Component, outer: &Component) -> bool {
    let outer_path = full_path(outer);
    let rest = inner.path.strip_prefix(&outer_path);
    of_one_writer(inner, outer) && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

/// `SRV\orders of SqlServerWriter`.
pub fn label(component: &Component) -> String {
    format!("{} of {}", full_path(component), writer(component))
}

/// The writer of a component by its name, where the class id is a known one.
pub fn writer(component: &Component) -> String {
    let known = component.writer.parse::<Guid>().ok().and_then(writers::by_class);
    known.map_or_else(|| component.writer.clone(), |writer| writer.name.to_owned())
}

/// Components in one line; of many the first ones and how many more there are.
pub fn list<'c>(components: impl IntoIterator<Item = &'c Component>) -> String {
    let mut labels: Vec<String> = components.into_iter().map(label).collect();
    if labels.len() > NAMED {
        let more = labels.split_off(NAMED).len();
        labels.push(format!("{more} more"));
    }
    super::words::list(&labels)
}

/// The component that a call names.
pub fn of(call: &CallRecord) -> Option<&Component> {
    call.args.component.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(path: &str, name: &str) -> Component {
        Component { writer: "W".into(), instance: None, path: path.into(), name: name.into() }
    }

    // The tree of the page "Logical Pathing of Components".
    #[test]
    fn a_component_is_below_its_ancestors_only() {
        let root = component("", "writerData");
        assert!(is_below(&component("writerData", "Usage"), &root));
        assert!(is_below(&component("writerData\\Set1", "dataFiles"), &root));
        assert!(!is_below(&component("writerData2", "Usage"), &root));
        assert!(!is_below(&root, &component("writerData", "Usage")));
        let other = Component { writer: "V".into(), ..component("writerData", "Usage") };
        assert!(!is_below(&other, &root));
    }

    #[test]
    fn of_many_components_some_are_named() {
        let many: Vec<Component> = (0..9).map(|n| component("", &format!("c{n}"))).collect();
        assert!(list(&many).ends_with("c4 of W and 4 more"), "{}", list(&many));
    }
}
