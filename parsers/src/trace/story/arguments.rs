//! Arguments: what the messages inside a mapped function say of its parameters.
//!
//! A parameter counts only under the name that the method's page documents, compared without case and without the
//! Hungarian letters before it, and only inside that method. At the default level of vsstrace no parameters are traced;
//! which level shows which is not documented.

use super::names::Role;
use super::parameters::{Field, fields_of, table};
use super::values::{self, Value};
use crate::windows::fields;
use std::sync::Arc;
use vsscope_model::{CallArgs, Component, Event, Guid, HResult, Method, What, Writer, WriterState};

/// Parameters that mean something only together, and those that have no place in an event of the call.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Snapshot set, for functions without an event.
    pub set: Option<Guid>,
    /// Result of an asynchronous operation.
    pub result: Option<HResult>,
    object: Option<Guid>,
    object_is_set: Option<bool>,
    writer: Writer,
    path: Option<String>,
    name: Option<String>,
    state: Option<WriterState>,
    failure: Option<HResult>,
}

impl Gathered {
    /// Takes the parameters that a message shows of a function. What was said later counts: a variable for a result shows
    /// what it held before when the function is entered.
    pub fn read(&mut self, role: &Role, text: &str, mut event: Option<&mut Event>) {
        let table = table(role);
        if table.is_empty() {
            return;
        }
        values::each(
            text,
            |name| fields_of(table, name),
            |(one, other), value| {
                for field in [one, other].into_iter().flatten() {
                    self.take(role, field, value, event.as_deref_mut());
                }
            },
        );
        if let Some(event) = event {
            self.settle(role, event);
        }
    }

    fn take(&mut self, role: &Role, field: Field, value: Value<'_>, event: Option<&mut Event>) {
        match field {
            Field::Set => {
                // The end of a session that made no set is announced with the null GUID.
                let id = if matches!(role, Role::Callback(_)) { value.guid() } else { value.id() };
                self.set = id.or(self.set);
            }
            Field::Object => self.object = value.id().or(self.object),
            Field::ObjectType => self.object_is_set = value.is_set().or(self.object_is_set),
            Field::WriterInstance => self.writer.instance_id = value.id().or(self.writer.instance_id),
            Field::WriterClass => self.writer.class_id = value.id().or(self.writer.class_id),
            Field::WriterName => {
                let name = value.string().filter(|name| !name.is_empty() && value.guid().is_none());
                self.writer.name = name.map(Arc::from).or(self.writer.name.take());
            }
            Field::LogicalPath => self.path = value.string().map(str::to_owned).or(self.path.take()),
            Field::ComponentName => {
                let name = value.string().filter(|name| !name.is_empty());
                self.name = name.map(str::to_owned).or(self.name.take());
            }
            Field::State => self.state = value.state().or(self.state),
            Field::Failure => self.failure = value.result().or(self.failure),
            Field::AsyncResult => self.result = value.number().map(HResult).or(self.result),
            _ => {
                if let Some(event) = event {
                    apply(field, value, event);
                }
            }
        }
    }

    /// Enters into the event what is complete.
    fn settle(&self, role: &Role, event: &mut Event) {
        event.set = self.set.or(event.set);
        match self.object_is_set.zip(self.object) {
            Some((true, id)) => event.set = Some(id),
            Some((false, id)) => event.snapshot = Some(id),
            None => {}
        }
        if matches!(role, Role::Callback(_)) {
            let writer = event.writer.get_or_insert_default();
            writer.name = self.writer.name.clone().or(writer.name.take());
            writer.class_id = self.writer.class_id.or(writer.class_id);
            writer.instance_id = self.writer.instance_id.or(writer.instance_id);
        }
        let is_break = *role == Role::Call(Method::BreakSnapshotSet) && event.set.is_some();
        let component = self.component();
        if let Some(args) = args(event) {
            let whole_set = self.object.and(self.object_is_set).or(is_break.then_some(true));
            args.whole_set = whole_set.or(args.whole_set);
            args.component = component.or(args.component.take());
        }
    }

    /// The component, once its whole key is known.
    fn component(&self) -> Option<Component> {
        Some(Component {
            writer: self.writer.class_id?.to_string(),
            instance: self.writer.instance_id.map(|id| id.to_string()),
            path: self.path.clone()?,
            name: self.name.clone()?,
        })
    }

    /// The writer and its status as `GetWriterStatus` gave them.
    pub fn writer_status(&self) -> Option<(Writer, What)> {
        let what = What::WriterStatus { state: self.state?, failure: self.failure };
        Some((self.writer.clone(), what))
    }
}

fn args(event: &mut Event) -> Option<&mut CallArgs> {
    match &mut event.what {
        What::Call { args, .. } => Some(args),
        _ => None,
    }
}

/// Enters a parameter that stands for itself.
fn apply(field: Field, value: Value<'_>, event: &mut Event) {
    match field {
        Field::Snapshot => event.snapshot = value.id().or(event.snapshot),
        Field::Provider => event.provider_id = value.id().or(event.provider_id),
        Field::Volume => {
            let volume = value.string().and_then(fields::volume_as_logged);
            event.volume = volume.or(event.volume.take());
        }
        _ => {
            if let Some(args) = args(event) {
                apply_to_call(field, value, args);
            }
        }
    }
}

fn apply_to_call(field: Field, value: Value<'_>, args: &mut CallArgs) {
    match field {
        Field::Context => args.context = value.context().or(args.context),
        Field::SelectComponents => args.component_mode = value.flag().or(args.component_mode),
        Field::BackupType => args.backup_type = value.backup_type().or(args.backup_type.take()),
        Field::Succeeded => args.succeeded = value.flag().or(args.succeeded),
        Field::Selected => args.selected = value.flag().or(args.selected),
        Field::Deleted => args.deleted = value.count().or(args.deleted),
        Field::References => args.references = value.count().or(args.references),
        Field::Document => {
            let document = value.string().map(|document| !document.is_empty());
            args.stored_document = document.or(args.stored_document);
        }
        _ => {}
    }
}
