//! `kubectl get -w`: a row for every change.

use std::rc::Rc;

use cluster::object::{Kind, Object};
use cluster::{ChangeType, Cluster, Step};
use serde_json::json;

use crate::get::{Format, print};
use crate::path::shown;
use crate::printers::Columns;
use crate::selector::{FieldSelector, Selector};
use crate::session::{Printed, qualified};
use crate::table::Widths;
use crate::{Progress, Stream};

/// What is watched, and how it is printed.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) kind: Kind,
    /// Only the object of this name.
    pub(crate) name: Option<Rc<str>>,
    /// Whether objects can be seen from the namespace at all.
    pub(crate) visible: bool,
    pub(crate) selector: Selector,
    pub(crate) fields: FieldSelector,
    pub(crate) format: Format,
    pub(crate) columns: Columns,
    pub(crate) widths: Widths,
    /// Whether column names are still to be printed.
    pub(crate) headers: bool,
    /// Whether anything was printed.
    pub(crate) printed: bool,
}

impl Watch {
    /// What is printed at a step.
    pub(crate) fn step(&mut self, step: &Step, cluster: &Cluster) -> Progress {
        let mut printed = Printed::default();
        if let Some(change) = &step.change {
            let object = change.object();
            let before = change
                .before
                .as_ref()
                .is_some_and(|object| self.selects(object));
            let after = change
                .after
                .as_ref()
                .is_some_and(|object| self.selects(object));
            let event = match change.change_type() {
                ChangeType::Deleted => "DELETED",
                _ if before && !after => "DELETED",
                ChangeType::Added => "ADDED",
                _ if !before => "ADDED",
                ChangeType::Modified => "MODIFIED",
            };
            if before || after {
                let text = self.print(std::slice::from_ref(object), event, cluster);
                printed.push(Stream::Stdout, &text);
            }
        }
        Progress {
            output: printed.0,
            exit_code: None,
        }
    }

    fn selects(&self, object: &Object) -> bool {
        self.visible
            && object.kind() == self.kind
            && self
                .name
                .as_deref()
                .is_none_or(|name| name == object.name())
            && self.selector.matches(&object.metadata().labels)
            && self.fields.matches(object)
    }

    /// Objects as rows or documents.
    pub(crate) fn print(&mut self, objects: &[Object], event: &str, cluster: &Cluster) -> String {
        if objects.is_empty() {
            return String::new();
        }
        let rows: Vec<Vec<String>> = match &self.format {
            Format::Table => {
                let headers = self
                    .headers
                    .then(|| self.columns.headers(self.kind, cluster.config().version));
                let rows = objects
                    .iter()
                    .map(|object| self.columns.row(object, event, cluster));
                headers.into_iter().chain(rows).collect()
            }
            Format::Custom(columns) => {
                let names = columns.iter().map(|(name, _)| name.clone()).collect();
                let rows = objects.iter().map(|object| {
                    let value = object.to_value();
                    let cell = |(_, path): &(String, crate::path::Path)| {
                        let found = path.find(&value, &value);
                        found.first().map_or("<none>".to_owned(), |v| shown(v))
                    };
                    columns.iter().map(cell).collect()
                });
                self.headers
                    .then_some(names)
                    .into_iter()
                    .chain(rows)
                    .collect()
            }
            _ => {
                return objects
                    .iter()
                    .map(|object| self.document(object, event))
                    .collect();
            }
        };
        self.headers = false;
        self.widths.print(&rows)
    }

    fn document(&mut self, object: &Object, event: &str) -> String {
        if self.format == Format::Name {
            return format!("{}\n", qualified(object.kind(), object.name()));
        }
        let separator = self.printed && self.format == Format::Yaml;
        self.printed = true;
        let value = match self.columns.event {
            true => json!({"object": object.to_value(), "type": event}),
            false => object.to_value(),
        };
        let separator = if separator { "---\n" } else { "" };
        format!("{separator}{}", print(&self.format, value))
    }
}
