//! JSON of the objects: each struct of the API lists its fields once, in [`object!`], and is read
//! and written by way of that list.
//!
//! One loop over `dyn Field` serves all types. Derived serde code does the same with some hundred
//! functions for each of them, which cost a third of the page (docs/DESIGN.md).

use serde_json::{Map, Value};

use super::meta::Labels;
use super::volume::ResourceList;
use crate::map::gather;

/// A value that a field of an object can have.
pub trait Field {
    /// As JSON; `null` if there is nothing to say.
    fn write(&self) -> Value;

    /// Takes the value over. What has the wrong type leaves the field as it is: names and types
    /// of what people send are checked before ([`crate::apiserver::schema`]).
    fn read(&mut self, value: Value);
}

/// When a field is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Unless it is `null` or an empty list.
    Present,
    /// Unless it is empty or zero.
    OmitEmpty,
    /// It holds whatever no other field takes, under names of its own.
    Rest,
}

/// A struct of the API: its fields one after the other.
pub trait Fields {
    /// Shows each field by its name in Rust.
    fn each(&self, see: &mut dyn FnMut(&'static str, When, &dyn Field));

    /// The same, to change them.
    fn each_mut(&mut self, see: &mut dyn FnMut(&'static str, When, &mut dyn Field));
}

/// Defines structs of the API and lists their fields. After its type a field may be marked: `= omitempty`
/// is left out of the JSON while it is empty or zero; `= rest`, the last, keeps what is not simulated.
macro_rules! object {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$doc:meta])* pub $field:ident : $type:ty $(= $when:ident)?,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[allow(missing_docs, reason = "named as in the Kubernetes API")]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::object::fields::Fields for $name {
            fn each(
                &self,
                see: &mut dyn FnMut(&'static str, $crate::object::fields::When, &dyn $crate::object::fields::Field),
            ) {
                $(see(stringify!($field), object!(@when $($when)?), &self.$field);)*
            }

            fn each_mut(
                &mut self,
                see: &mut dyn FnMut(&'static str, $crate::object::fields::When, &mut dyn $crate::object::fields::Field),
            ) {
                $(see(stringify!($field), object!(@when $($when)?), &mut self.$field);)*
            }
        }
    )*};
    (@when) => { $crate::object::fields::When::Present };
    (@when omitempty) => { $crate::object::fields::When::OmitEmpty };
    (@when rest) => { $crate::object::fields::When::Rest };
}
pub(crate) use object;

/// The fields as JSON. What is absent is `null`.
pub(super) fn write(part: &dyn Fields) -> Value {
    let mut map = Map::new();
    part.each(&mut |name, when, field| match field.write() {
        Value::Object(rest) if when == When::Rest => map.extend(rest),
        value if when == When::OmitEmpty && is_zero(&value) => {}
        value => drop(map.insert(json_name(name), value)),
    });
    Value::Object(map)
}

/// Takes over the fields that are given.
pub(super) fn read(part: &mut dyn Fields, value: Value) {
    let Value::Object(mut map) = value else {
        return;
    };
    part.each_mut(&mut |name, when, field| {
        if when == When::Rest {
            field.read(Value::Object(std::mem::take(&mut map)));
        } else if let Some(value) = map.remove(&json_name(name)) {
            field.read(value);
        }
    });
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// `minReadySeconds` of `min_ready_seconds`; initialisms stay together, as in `podIP`.
fn json_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    for word in field.trim_start_matches("r#").split('_') {
        match word {
            _ if name.is_empty() => name.push_str(word),
            "ip" | "id" | "uuid" => name.push_str(&word.to_ascii_uppercase()),
            "ips" => name.push_str("IPs"),
            _ => {
                name.push_str(&word[..1].to_ascii_uppercase());
                name.push_str(&word[1..]);
            }
        }
    }
    name
}

impl<T: Fields> Field for T {
    fn write(&self) -> Value {
        write(self)
    }

    fn read(&mut self, value: Value) {
        read(self, value);
    }
}

impl<T: Field + Default> Field for Option<T> {
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, Field::write)
    }

    fn read(&mut self, value: Value) {
        if !value.is_null() {
            self.insert(T::default()).read(value);
        }
    }
}

impl<T: Field + Default> Field for Vec<T> {
    fn write(&self) -> Value {
        Value::Array(self.iter().map(Field::write).collect())
    }

    fn read(&mut self, value: Value) {
        if let Value::Array(values) = value {
            for value in values {
                let mut element = T::default();
                element.read(value);
                self.push(element);
            }
        }
    }
}

impl Field for Labels {
    fn write(&self) -> Value {
        let text = |text: &String| Value::String(text.clone());
        Value::Object(gather(
            self.iter().map(|(key, value)| (key.clone(), text(value))),
        ))
    }

    fn read(&mut self, value: Value) {
        if let Value::Object(map) = value {
            for (key, value) in map {
                self.insert(key, super::from_value(value));
            }
        }
    }
}

impl Field for ResourceList {
    fn write(&self) -> Value {
        let entries = self
            .iter()
            .map(|(key, amount)| (key.clone(), amount.write()));
        Value::Object(gather(entries))
    }

    fn read(&mut self, value: Value) {
        if let Value::Object(map) = value {
            for (key, value) in map {
                self.insert(key, super::from_value(value));
            }
        }
    }
}

impl Field for Map<String, Value> {
    fn write(&self) -> Value {
        Value::Object(self.clone())
    }

    fn read(&mut self, value: Value) {
        if let Value::Object(map) = value {
            *self = map;
        }
    }
}

impl Field for Value {
    fn write(&self) -> Value {
        self.clone()
    }

    fn read(&mut self, value: Value) {
        *self = value;
    }
}

impl Field for String {
    fn write(&self) -> Value {
        Value::String(self.clone())
    }

    fn read(&mut self, value: Value) {
        if let Value::String(text) = value {
            *self = text;
        }
    }
}

impl Field for bool {
    fn write(&self) -> Value {
        Value::Bool(*self)
    }

    fn read(&mut self, value: Value) {
        *self = value.as_bool().unwrap_or(*self);
    }
}

impl Field for i64 {
    fn write(&self) -> Value {
        Value::from(*self)
    }

    fn read(&mut self, value: Value) {
        *self = value.as_i64().unwrap_or(*self);
    }
}

/// A number that the API writes as text: `metadata.resourceVersion`.
impl Field for u64 {
    fn write(&self) -> Value {
        match self {
            0 => Value::Null,
            _ => Value::String(self.to_string()),
        }
    }

    fn read(&mut self, value: Value) {
        let number = value.as_str().and_then(|text| text.parse().ok());
        *self = number.unwrap_or(*self);
    }
}

impl Field for i32 {
    fn write(&self) -> Value {
        Value::from(*self)
    }

    fn read(&mut self, value: Value) {
        let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
        *self = number.unwrap_or(*self);
    }
}
