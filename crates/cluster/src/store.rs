//! Every object of the cluster and the number of the last write.
//!
//! Anyone may read; only the API server can write, because only it can make a [`Door`].

use std::ops::Bound;
use std::rc::Rc;

use crate::apiserver::Door;
use crate::object::{Kind, Name, Object, Resource, Tables};

/// All objects. One namespace, `default`, so that kind and name identify an object.
#[derive(Clone, Debug, Default)]
pub struct Store {
    tables: Tables,
    version: u64,
}

/// A write: what was there before, and what is there now.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Absent if the write created the object.
    pub before: Option<Object>,
    /// Absent if the write removed the object.
    pub after: Option<Object>,
}

/// What was there before a write and what is there after it.
pub type Sides<'a, T> = (Option<&'a Rc<T>>, Option<&'a Rc<T>>);

/// The type of a watch event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub enum ChangeType {
    Added,
    Modified,
    Deleted,
}

impl Change {
    /// The object after the write, or as it last was.
    ///
    /// # Panics
    /// Never: a change has at least one side.
    pub fn object(&self) -> &Object {
        self.after
            .as_ref()
            .or(self.before.as_ref())
            .expect("a change has a side")
    }

    /// Whether the write added, modified or deleted the object.
    pub fn change_type(&self) -> ChangeType {
        match (&self.before, &self.after) {
            (None, _) => ChangeType::Added,
            (_, None) => ChangeType::Deleted,
            _ => ChangeType::Modified,
        }
    }

    /// Both sides as this type, if it is one: `(before, after)`.
    pub fn sides<T: Resource>(&self) -> Option<Sides<'_, T>> {
        let typed = |side: &'_ Option<Object>| side.as_ref().map(Object::kind) == Some(T::KIND);
        if !typed(&self.before) && !typed(&self.after) {
            return None;
        }
        Some((
            self.before.as_ref().and_then(T::from_object),
            self.after.as_ref().and_then(T::from_object),
        ))
    }
}

impl Store {
    /// The object of this type and name.
    pub fn get<T: Resource>(&self, name: &str) -> Option<&Rc<T>> {
        T::from_object(self.tables.of(T::KIND).get(name)?)
    }

    /// All objects of this type, by name.
    pub fn list<T: Resource>(&self) -> impl DoubleEndedIterator<Item = &Rc<T>> {
        self.tables.of(T::KIND).values().filter_map(T::from_object)
    }

    /// All objects of this type whose name starts with `prefix`, by name.
    pub fn list_prefixed<T: Resource>(&self, prefix: &str) -> impl Iterator<Item = &Rc<T>> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let rest = self.tables.of(T::KIND).range::<str, _>(from);
        rest.take_while(move |(name, _)| name.starts_with(prefix))
            .filter_map(|(_, object)| T::from_object(object))
    }

    /// How many objects of this type there are.
    pub fn count<T: Resource>(&self) -> usize {
        self.tables.of(T::KIND).len()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        Kind::ALL
            .iter()
            .map(|kind| self.tables.of(*kind).len())
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object of this kind and name.
    pub fn get_object(&self, kind: Kind, name: &str) -> Option<Object> {
        self.tables.of(kind).get(name).cloned()
    }

    /// All objects of this kind, by name.
    pub fn objects(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Object> {
        self.tables.of(kind).values()
    }

    /// All objects of this kind, by name.
    pub fn list_objects(&self, kind: Kind) -> Vec<Object> {
        self.objects(kind).cloned().collect()
    }

    /// Number of the last write: the newest `resourceVersion`.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Writes the object under its name and gives it the next resource version.
    pub(crate) fn put(&mut self, _: Door, mut object: Object) -> Change {
        self.version += 1;
        object.metadata_mut().resource_version = self.version;
        let name: Name = object.name().into();
        let table = Rc::make_mut(self.tables.of_mut(object.kind()));
        let before = table.insert(name, object.clone());
        Change {
            before,
            after: Some(object),
        }
    }

    /// Removes the object, if it is there.
    pub(crate) fn remove(&mut self, _: Door, kind: Kind, name: &str) -> Option<Change> {
        let before = Rc::make_mut(self.tables.of_mut(kind)).remove(name)?;
        self.version += 1;
        Some(Change {
            before: Some(before),
            after: None,
        })
    }
}
