//! Components of a backup document, as rules compare and name them.

use crate::knowledge::writers;
use vsscope_model::{CallRecord, Component, Guid, Writer};

/// How many components a finding names.
const NAMED: usize = 5;

/// Whether two keys are one: writer, instance, path and name. The instance counts where it is known.
pub fn same_key(a: &Component, b: &Component) -> bool {
    of_one_writer(a, b) && a.path == b.path && a.name == b.name
}

/// The same where a call may have left out the instance.
pub fn may_be_same(a: &Component, b: &Component) -> bool {
    let no_instance = a.instance.is_none() || b.instance.is_none();
    (no_instance || same_instance(a, b)) && same_writer(a, b) && a.path == b.path && a.name == b.name
}

/// Whether two components are of one writer, and of one instance of it.
pub fn of_one_writer(a: &Component, b: &Component) -> bool {
    same_writer(a, b) && same_instance(a, b)
}

/// Whether two components are of one class of writers.
pub fn same_writer(a: &Component, b: &Component) -> bool {
    a.writer.eq_ignore_ascii_case(&b.writer)
}

fn same_instance(a: &Component, b: &Component) -> bool {
    let lower = |component: &Component| component.instance.as_deref().map(str::to_lowercase);
    lower(a) == lower(b)
}

/// Whether a component is of a writer; of two instances of one class only the instance tells.
pub fn is_of(component: &Component, writer: &Writer) -> bool {
    let instance = component.instance.as_deref().and_then(|text| text.parse::<Guid>().ok());
    if let (Some(a), Some(b)) = (instance, writer.instance_id)
        && a != b
    {
        return false;
    }
    let class: Option<Guid> = component.writer.parse().ok();
    let known = writer.class_id.or_else(|| writers::by_name(writer.name.as_deref()?).map(|w| w.class_id));
    match (class, known) {
        (Some(a), Some(b)) => a == b,
        _ => writer.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&component.writer)),
    }
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

/// The class id of a component's writer, where it is known by its id or its name.
pub fn writer_class(component: &Component) -> Option<Guid> {
    let by_name = || writers::by_name(&component.writer).map(|writer| writer.class_id);
    component.writer.parse().ok().or_else(by_name)
}

/// The components of calls, of a trace that may not show them: `A of X, 2 components (their names are not in the trace)`.
pub fn named_by(calls: &[&CallRecord]) -> String {
    let mut labels: Vec<String> = calls.iter().filter_map(|call| of(call)).map(label).collect();
    match calls.len().saturating_sub(labels.len()) {
        0 => {}
        1 => labels.push("1 component (its name is not in the trace)".to_owned()),
        unnamed => labels.push(format!("{unnamed} components (their names are not in the trace)")),
    }
    super::words::list(&labels)
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

    #[test]
    fn components_that_the_trace_does_not_name_are_counted() {
        let call = |component: Option<Component>| {
            let mut lab = crate::rules::testing::Lab::session_only();
            lab.call(1.0, vsscope_model::Method::AddComponent).args.component = component;
            lab.session().calls.pop().expect("the call")
        };
        let (named, unnamed) = (call(Some(component("", "c1"))), call(None));
        assert_eq!(named_by(&[&unnamed, &unnamed]), "2 components (their names are not in the trace)");
        assert_eq!(named_by(&[&named, &unnamed]), "c1 of W and 1 component (its name is not in the trace)");
    }
}
