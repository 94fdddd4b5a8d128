//! Every object of the cluster and the number of the last write.
//!
//! Anyone may read; only the API server can write, because only it can make a [`Door`].

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use crate::apiserver::Door;
use crate::object::{Kind, Name, Object, Resource, Tables};

/// The objects of one kind, by name. Shared until changed, so that a clone of the store costs one
/// reference count a kind.
pub(crate) type Table<T> = Rc<BTreeMap<Name, Rc<T>>>;

/// A kind that has a table.
pub(crate) trait Tabled: Sized {
    fn table(tables: &Tables) -> &Table<Self>;
    fn table_mut(tables: &mut Tables) -> &mut Table<Self>;
}

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

#[allow(private_bounds, reason = "tables are the store's own affair")]
impl Store {
    /// The object of this type and name.
    pub fn get<T: Resource + Tabled>(&self, name: &str) -> Option<&Rc<T>> {
        T::table(&self.tables).get(name)
    }

    /// All objects of this type, by name.
    pub fn list<T: Resource + Tabled>(&self) -> impl DoubleEndedIterator<Item = &Rc<T>> {
        T::table(&self.tables).values()
    }

    /// All objects of this type whose name starts with `prefix`, by name.
    pub fn list_prefixed<T: Resource + Tabled>(
        &self,
        prefix: &str,
    ) -> impl Iterator<Item = &Rc<T>> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let rest = T::table(&self.tables).range::<str, _>(from);
        rest.take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(_, object)| object)
    }

    /// How many objects of this type there are.
    pub fn count<T: Resource + Tabled>(&self) -> usize {
        T::table(&self.tables).len()
    }

    /// The object of this kind and name.
    pub fn get_object(&self, kind: Kind, name: &str) -> Option<Object> {
        self.tables.get(kind, name)
    }

    /// All objects of this kind, by name.
    pub fn list_objects(&self, kind: Kind) -> Vec<Object> {
        self.tables.list(kind)
    }

    /// Number of the last write: the newest `resourceVersion`.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Writes the object under its name and gives it the next resource version.
    pub(crate) fn put<T: Resource + Tabled>(&mut self, _: Door, mut object: T) -> Change {
        self.version += 1;
        object.metadata_mut().resource_version = self.version;
        let name: Name = object.name().into();
        let object = Rc::new(object);
        let after = Some(T::erase(&object));
        let before = Rc::make_mut(T::table_mut(&mut self.tables)).insert(name, object);
        Change {
            before: before.as_ref().map(T::erase),
            after,
        }
    }

    /// Removes the object, if it is there.
    pub(crate) fn remove<T: Resource + Tabled>(&mut self, _: Door, name: &str) -> Option<Change> {
        let before = Rc::make_mut(T::table_mut(&mut self.tables)).remove(name)?;
        self.version += 1;
        Some(Change {
            before: Some(T::erase(&before)),
            after: None,
        })
    }
}
