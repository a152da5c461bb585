//! Arrays within a value: in a dict, a list, a struct, a cell array.

use dj_codecs::api::{Array, Value};

use super::pixel;
use crate::failure::{Failure, Outcome};
use crate::summary::{shape_text, shortened};

/// How many arrays are listed.
const LISTED: usize = 20;

/// A value, or one element of a struct array, which has no value of its own.
#[derive(Clone, Copy)]
enum Node<'a> {
    Value(&'a Value),
    Element(&'a [String], &'a [Value]),
}

type Children<'a> = Box<dyn Iterator<Item = (String, Node<'a>)> + 'a>;

/// The array at the place that `at` names, or the only one that there is to show.
pub(super) fn find(value: &Value, at: Option<&str>) -> Outcome<Array> {
    let mut node = Node::Value(value);
    for step in at.into_iter().flat_map(|at| at.split('/')) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let found = children(node).find(|(key, _)| *key == name);
        node = found
            .map(|(_, child)| child)
            .ok_or_else(|| missing(at.unwrap_or_default(), &name, node))?;
    }
    if let Node::Value(Value::Array(array)) = node {
        return Ok(array.as_ref().clone());
    }
    let mut all = Vec::new();
    let mut count = 0_u64;
    collect(
        node,
        &mut at.map_or_else(Vec::new, |at| vec![at.to_owned()]),
        &mut |place, array| {
            count += 1;
            if all.len() < LISTED {
                all.push((place, array));
            }
        },
    );
    let what = match node {
        Node::Value(value) => value.type_name(),
        Node::Element(..) => "an element of a struct array",
    };
    match all.as_slice() {
        [] => {
            let advice = match node {
                Node::Value(Value::Bytes(_)) => {
                    "; if these bytes are a blob, name the column's type, such as '<blob@>'"
                }
                _ => "; nothing to show",
            };
            Err(Failure::wanting(format!(
                "this is {what}, and there is no array of numbers with two dimensions or more in it{advice}"
            )))
        }
        [(_, array)] => Ok((*array).clone()),
        several => {
            let mut text = format!("this is {what} with {count} arrays in it; name one with --at:");
            for (place, array) in several {
                text.push_str(&format!(
                    "\n  {}  {} {}",
                    shortened(place).escape_debug(),
                    array.dtype(),
                    shape_text(array.shape())
                ));
            }
            if count > several.len() as u64 {
                text.push_str("\n  ...");
            }
            Err(Failure::usage(text))
        }
    }
}

fn missing(at: &str, name: &str, node: Node<'_>) -> Failure {
    let mut names = children(node).map(|(name, _)| format!("{:?}", escaped(&shortened(&name))));
    let first: Vec<String> = names.by_ref().take(LISTED).collect();
    let has = match first.as_slice() {
        [] => "there is nothing in it".to_owned(),
        some => format!(
            "there is {}{}",
            some.join(", "),
            if names.next().is_some() { ", ..." } else { "" }
        ),
    };
    let what = match node {
        Node::Value(value) => value.type_name(),
        Node::Element(..) => "an element of a struct array",
    };
    Failure::usage(format!("--at {at}: no {name:?} in {what}; {has}"))
}

/// Walks through everything that holds values. Decoders bound how deep they nest.
fn collect<'a>(node: Node<'a>, place: &mut Vec<String>, found: &mut dyn FnMut(String, &'a Array)) {
    if let Node::Value(Value::Array(array)) = node {
        if array.ndim() >= 2 && !array.is_empty() && pixel::of(array.dtype()).is_ok() {
            found(place.join("/"), array);
        }
        return;
    }
    for (name, child) in children(node) {
        // Most values are no containers; their names need not be made.
        if matches!(child, Node::Value(value) if is_leaf(value)) {
            continue;
        }
        place.push(escaped(&name));
        collect(child, place, found);
        place.pop();
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn is_leaf(value: &Value) -> bool {
    !matches!(
        value,
        Value::Array(_)
            | Value::List(_)
            | Value::Tuple(_)
            | Value::Set(_)
            | Value::Dict(_)
            | Value::Objects(_)
            | Value::Record(_)
            | Value::Cell(_)
            | Value::Struct(_)
    )
}

/// What a value holds, by the names that `--at` has for it: keys of a dict, fields, and indices in C order.
fn children(node: Node<'_>) -> Children<'_> {
    let value = match node {
        Node::Element(fields, values) => {
            let named = fields.iter().cloned().zip(values.iter().map(Node::Value));
            return Box::new(named);
        }
        Node::Value(value) => value,
    };
    match value {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => numbered(items),
        Value::Objects(array) => numbered(&array.items),
        Value::Cell(array) => numbered(&array.items),
        Value::Record(array) => Box::new(
            array
                .fields
                .iter()
                .map(|(name, column)| (name.clone(), Node::Value(column))),
        ),
        Value::Dict(entries) => Box::new(
            entries
                .iter()
                .map(|(key, value)| (key_text(key), Node::Value(value))),
        ),
        Value::Struct(array) => {
            let mut rows = array.rows().map(|row| Node::Element(&array.fields, row));
            match (rows.next(), rows.next()) {
                // What MATLAB calls a scalar struct needs no index.
                (Some(only), None) => children(only),
                _ => Box::new(
                    array
                        .rows()
                        .enumerate()
                        .map(|(index, row)| (index.to_string(), Node::Element(&array.fields, row))),
                ),
            }
        }
        _ => Box::new(std::iter::empty()),
    }
}

fn numbered(items: &[Value]) -> Children<'_> {
    Box::new(
        items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), Node::Value(item))),
    )
}

/// A key of a dict as it is written after `--at`.
fn key_text(key: &Value) -> String {
    match key {
        Value::Str(text) | Value::Decimal(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        other => dj_codecs::api::notation::to_string(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::value::{CellArray, ObjectArray, RecordArray, StructArray};

    use super::*;

    fn image(first: u8) -> Value {
        Array::from_vec((first..first + 4).collect(), &[2, 2])
            .unwrap()
            .into()
    }

    fn first(value: &Value, at: Option<&str>) -> Result<u8, String> {
        let found = find(value, at).map_err(|failure| failure.to_string())?;
        Ok(found.to_vec::<u8>().unwrap()[0])
    }

    #[test]
    fn arrays_are_found_in_all_that_holds_values() {
        let cell = Value::Cell(Box::new(
            CellArray::new(vec![1, 2], vec![Value::Null, image(10)]).unwrap(),
        ));
        let objects = Value::Objects(Box::new(ObjectArray::new(vec![1], vec![image(20)]).unwrap()));
        let record = Value::Record(Box::new(RecordArray {
            shape: vec![2],
            fields: vec![("y".into(), image(30))],
        }));
        let fields = vec!["name".to_owned(), "image".to_owned()];
        let items = |first| vec![Value::from("x"), image(first)];
        let scalar = Value::Struct(Box::new(
            StructArray::new(vec![1, 1], fields.clone(), items(40)).unwrap(),
        ));
        let two = [items(50), items(60)].concat();
        let several = Value::Struct(Box::new(StructArray::new(vec![1, 2], fields, two).unwrap()));
        let keys = Value::Dict(vec![
            (Value::Decimal("1.5".into()), cell),
            (Value::Tuple(vec![Value::Int(1)]), objects),
            (Value::from("a/b~c"), record),
            (Value::from("one"), scalar),
            (Value::from("two"), several),
        ]);
        for (at, number) in [
            ("1.5/1", 10),
            ("{\"$tuple\":[1]}/0", 20),
            ("a~1b~0c/y", 30),
            ("one/image", 40),
            ("one", 40),
            ("two/0/image", 50),
            ("two/1", 60),
        ] {
            assert_eq!(first(&keys, Some(at)), Ok(number), "{at}");
        }
        let listed = first(&keys, None).unwrap_err();
        assert!(
            listed.contains("6 arrays") && listed.contains("\n  a~1b~0c/y  uint8 (2, 2)"),
            "{listed}"
        );
        let listed = first(&keys, Some("two")).unwrap_err();
        assert!(listed.contains("\n  two/1/image  uint8 (2, 2)"), "{listed}");
        let missing = first(&keys, Some("two/2")).unwrap_err();
        assert!(
            missing.contains("no \"2\" in a MATLAB struct array") && missing.contains("\"0\", \"1\""),
            "{missing}"
        );
    }

    #[test]
    fn what_is_listed_is_bounded() {
        let many = Value::List((0..100).map(|_| image(0)).collect());
        let listed = first(&many, None).unwrap_err();
        assert!(
            listed.contains("100 arrays") && listed.ends_with("\n  ..."),
            "{listed}"
        );
        assert_eq!(listed.lines().count(), LISTED + 2);
        assert!(
            first(&Value::Bytes("dj0".into()), None)
                .unwrap_err()
                .contains("'<blob@>'")
        );
    }
}
