//! JSON Patch (RFC 6902): a list of operations on places named by JSON pointers (RFC 6901).

use serde_json::Value;

/// An operation that can't be done. The API server gives no details either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inapplicable;

/// Does all operations, in order. What was done before one fails stays done: the caller drops it.
///
/// # Errors
/// If an operation is malformed, names a place that isn't there, or tests something untrue.
pub(super) fn apply(object: &mut Value, operations: &[Value]) -> Result<(), Inapplicable> {
    operations
        .iter()
        .try_for_each(|operation| apply_one(object, operation))
}

fn apply_one(object: &mut Value, operation: &Value) -> Result<(), Inapplicable> {
    let text = |key: &str| {
        operation
            .get(key)
            .and_then(Value::as_str)
            .ok_or(Inapplicable)
    };
    let value = || operation.get("value").cloned().ok_or(Inapplicable);
    let path = text("path")?;
    match text("op")? {
        "add" => add(object, path, value()?),
        "remove" => remove(object, path).map(drop),
        "replace" => {
            *object.pointer_mut(path).ok_or(Inapplicable)? = value()?;
            Ok(())
        }
        "move" => {
            let moved = remove(object, text("from")?)?;
            add(object, path, moved)
        }
        "copy" => {
            let copied = object.pointer(text("from")?).cloned().ok_or(Inapplicable)?;
            add(object, path, copied)
        }
        "test" if object.pointer(path) == Some(&value()?) => Ok(()),
        _ => Err(Inapplicable),
    }
}

/// The place that holds the last part of a path, and that part.
fn holder<'a>(object: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), Inapplicable> {
    let (parent, last) = path.rsplit_once('/').ok_or(Inapplicable)?;
    let last = last.replace("~1", "/").replace("~0", "~");
    Ok((object.pointer_mut(parent).ok_or(Inapplicable)?, last))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), Inapplicable> {
    if path.is_empty() {
        *object = value;
        return Ok(());
    }
    match holder(object, path)? {
        (Value::Object(fields), name) => {
            fields.insert(name, value);
        }
        (Value::Array(elements), place) => {
            let index = match place.as_str() {
                "-" => elements.len(),
                digits => digits.parse().map_err(|_| Inapplicable)?,
            };
            if index > elements.len() {
                return Err(Inapplicable);
            }
            elements.insert(index, value);
        }
        _ => return Err(Inapplicable),
    }
    Ok(())
}

fn remove(object: &mut Value, path: &str) -> Result<Value, Inapplicable> {
    match holder(object, path)? {
        (Value::Object(fields), name) => fields.remove(&name).ok_or(Inapplicable),
        (Value::Array(elements), place) => {
            let index: usize = place.parse().map_err(|_| Inapplicable)?;
            if index >= elements.len() {
                return Err(Inapplicable);
            }
            Ok(elements.remove(index))
        }
        _ => Err(Inapplicable),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations() {
        let check = |operations: Value, expected: Option<Value>| {
            let mut object = json!({"a": {"b/c": 1}, "list": [1, 2]});
            let done = apply(&mut object, operations.as_array().unwrap());
            assert_eq!(done.ok().map(|()| object), expected, "{operations}");
        };
        let with = |a: Value, list: Value| Some(json!({"a": a, "list": list}));
        check(
            json!([{"op": "replace", "path": "/a/b~1c", "value": 2}]),
            with(json!({"b/c": 2}), json!([1, 2])),
        );
        check(
            json!([{"op": "remove", "path": "/a/b~1c"}]),
            with(json!({}), json!([1, 2])),
        );
        check(
            json!([{"op": "add", "path": "/list/1", "value": 9}, {"op": "add", "path": "/list/-", "value": 8}]),
            with(json!({"b/c": 1}), json!([1, 9, 2, 8])),
        );
        check(
            json!([{"op": "test", "path": "/list/0", "value": 1}, {"op": "move", "from": "/list/0", "path": "/a/d"}]),
            with(json!({"b/c": 1, "d": 1}), json!([2])),
        );
        check(
            json!([{"op": "copy", "from": "/list", "path": "/a"}]),
            with(json!([1, 2]), json!([1, 2])),
        );
        for refused in [
            json!([{"op": "remove", "path": "/nope"}]),
            json!([{"op": "replace", "path": "/nope", "value": 1}]),
            json!([{"op": "test", "path": "/list/0", "value": 7}]),
            json!([{"op": "add", "path": "/list/7", "value": 1}]),
            json!([{"op": "add", "path": "list", "value": 1}]),
            json!([{"op": "frobnicate", "path": "/a"}]),
            json!([{"path": "/a"}]),
            json!(["remove"]),
        ] {
            check(refused, None);
        }
    }
}
