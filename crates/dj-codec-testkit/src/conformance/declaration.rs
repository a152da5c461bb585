//! What a codec says of itself, NULL, and values that are not its own.

use std::ops::Range;

use dj_codec_api::value::{CellArray, CharArray, ObjectArray, RecordArray, StructArray};
use dj_codec_api::{Array, BigInt, DType, Error, Lazy, Mode, Result, Stored, Uuid, Value, notation};

use super::Conformance;
use super::lab::{Lab, Trouble, guarded};
use super::report::Tally;
use crate::difference::shown;

pub(super) fn declaration(config: &Conformance, tally: &mut Tally) {
    let codec = &config.codec;
    let info = codec.info();
    tally.expect(info.name == codec.name(), "", || {
        format!("name() is {:?}, info() says {:?}", codec.name(), info.name)
    });
    for (what, text) in [
        ("crate_name", &info.crate_name),
        ("crate_version", &info.crate_version),
    ] {
        tally.expect(!text.is_empty(), "", || format!("{what} of info() is empty"));
    }
    tally.expect(!info.modes.is_empty(), "", || {
        "info() names no modes: with_modes(&[Mode::Table]), or Mode::Store, or both".into()
    });
    for mode in [Mode::Table, Mode::Store] {
        let declared = guarded(|| codec.dtype(mode));
        let said = info.modes.contains(&mode);
        tally.expect(!matches!(declared, Err(Trouble::Panic(_))), "", || {
            format!("dtype({mode:?}) is a panic")
        });
        tally.expect(declared.is_ok() == said, "", || match &declared {
            Ok(spec) => format!("dtype({mode:?}) is {spec}, and info() does not name that mode"),
            Err(trouble) => format!("info() names the mode {mode:?}, and dtype gives {trouble}"),
        });
    }
    if let Some(writes) = info.writes {
        tally.expect(
            info.reads.iter().any(|format| format.version == writes),
            "",
            || {
                format!(
                    "info() says that {writes} is written, and that is not among the formats that are read"
                )
            },
        );
    }
    let ordered = info.reads.is_sorted_by(|a, b| a.version < b.version);
    tally.expect(ordered, "", || {
        "info() lists the formats out of order, or one twice: oldest first".into()
    });
    for (name, found) in config
        .companions
        .iter()
        .map(|codec| (codec.name(), codec.info().name))
    {
        tally.expect(name == found, "", || {
            format!("a codec of the chain is {name:?}, and says it is {found:?}")
        });
    }
}

pub(super) fn null(lab: &Lab<'_>, tally: &mut Tally) {
    let store = lab.store();
    let cx = lab.context(&store);
    let stored = lab.encode(&Value::Null, &cx);
    tally.expect(matches!(stored, Ok(Stored::Null)), "null", || {
        format!("NULL was stored as {stored:?}")
    });
    let value = lab.decode(&Stored::Null, &cx);
    tally.expect(matches!(value, Ok(Value::Null)), "null", || {
        format!("NULL decoded to {value:?}")
    });
    let version = guarded(|| lab.column.format_version(Stored::Null, &cx));
    tally.expect(matches!(version, Ok(None)), "null", || {
        format!("the format of NULL is {version:?}")
    });
    tally.expect(store.operations().is_empty(), "null", || {
        "the store was asked for NULL".into()
    });
}

/// One of each kind of value.
fn kinds() -> Vec<Value> {
    let mut kinds: Vec<Value> = vec![
        true.into(),
        7_i64.into(),
        Value::int(BigInt::from(1_u8) << 200),
        f64::NAN.into(),
        Value::Complex(1.0, -0.0),
        "".into(),
        "text \u{0}\u{10ffff}".into(),
        b"".as_slice().into(),
        b"\x00\xff bytes".as_slice().into(),
        Value::List(vec![Value::Null, Value::List(Vec::new())]),
        Value::Tuple(vec![1_i64.into()]),
        Value::Set(vec![1_i64.into(), "a".into()]),
        Value::Dict(vec![(Value::Tuple(Vec::new()), Value::Null)]),
        Uuid::from_u128(7).into(),
        Value::Decimal("1.50".into()),
        std::path::Path::new("/nonexistent/of-no-file").into(),
        serde_json::json!({"a": [1, null], "$array": 5}).into(),
        RecordArray {
            shape: vec![0],
            fields: Vec::new(),
        }
        .into(),
        CharArray::line("char").into(),
    ];
    kinds.extend(Array::from_vec(vec![1_u8; 6], &[2, 3]).ok().map(Value::from));
    kinds.extend(Array::from_vec(Vec::<f64>::new(), &[0, 5]).ok().map(Value::from));
    kinds.push(Array::scalar(1.5_f32).into());
    kinds.extend(ObjectArray::new(vec![1], vec!["x".into()]).ok().map(Value::from));
    kinds.extend(
        CellArray::new(vec![1, 1], vec![Value::Null])
            .ok()
            .map(Value::from),
    );
    kinds.extend(
        StructArray::new(vec![1, 1], vec!["f".into()], vec![1_i64.into()])
            .ok()
            .map(Value::from),
    );
    kinds
}

/// Whether two values say the same: a JSON document and the dicts and lists that it is, records as columns and as an array.
fn alike(found: &Value, expected: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::Json(json) => Ok(json.to_string()),
        other => notation::to_string(other),
    };
    matches!((text(found), text(expected)), (Ok(found), Ok(expected)) if found == expected)
}

/// A handle of an array whose first rows can be read, and the others not.
#[derive(Debug)]
struct Unreadable(Array);

impl Lazy for Unreadable {
    fn type_name(&self) -> &'static str {
        "an array that cannot be read"
    }

    fn load(&self) -> Result<Value> {
        Err(Error::store("the value cannot be read, as the test wanted it"))
    }

    fn load_rows(&self, rows: Range<u64>) -> Option<Result<Array>> {
        let rows = usize::try_from(rows.start).ok()?..usize::try_from(rows.end).ok()?;
        Some(match rows.start {
            0 => self.0.rows(rows),
            _ => self.load().and_then(Value::into_array),
        })
    }

    fn shape(&self) -> Option<&[u64]> {
        Some(&[64, 2, 3])
    }

    fn dtype(&self) -> Option<&DType> {
        Some(self.0.dtype())
    }
}

/// What cannot be read cannot be stored, and leaves nothing behind.
fn unreadable(lab: &Lab<'_>, tally: &mut Tally) {
    let Ok(rows) = Array::from_vec(vec![7_u16; 64 * 6], &[64, 2, 3]) else {
        return;
    };
    let store = lab.store();
    let before = store.inner().snapshot();
    let outcome = lab.encode(&Value::lazy(Unreadable(rows)), &lab.context(&store));
    let refused = matches!(outcome, Err(Trouble::Error(_)));
    tally.expect(refused && store.inner().snapshot() == before, "", || {
        format!(
            "a lazy handle that cannot be read was encoded to {outcome:?}, and there is {:?} now",
            store.inner().paths()
        )
    });
}

pub(super) fn other_values(lab: &Lab<'_>, tally: &mut Tally) {
    for value in kinds() {
        let name = shown(&value);
        let validated = guarded(|| lab.config.codec.validate(&value));
        tally.expect(!matches!(validated, Err(Trouble::Panic(_))), &name, || {
            format!("validate gave {validated:?}")
        });
        let store = lab.store();
        let before = store.inner().snapshot();
        let cx = lab.context(&store);
        match lab.encode(&value, &cx) {
            Err(Trouble::Panic(message)) => {
                tally.attempt();
                tally.fail(name, format!("encoding gave a panic: {message}"));
            }
            Err(Trouble::Error(error)) => {
                tally.expect(store.inner().snapshot() == before, &name, || {
                    format!(
                        "the value was refused ({error}), and {:?} left behind",
                        store.inner().paths()
                    )
                });
            }
            Ok(stored) => {
                tally.expect(validated.is_ok(), &name, || {
                    "validate refuses what encode takes".into()
                });
                let decoded = lab.decode(&stored, &cx);
                tally.expect(decoded.is_ok(), &name, || {
                    format!("the value was stored, and decoding gives {}", trouble(&decoded))
                });
                let expected = guarded(|| lab.config.expected(&value)).ok();
                if let (Ok(found), Some(expected)) = (&decoded, expected) {
                    let difference = lab.config.difference(found, &expected);
                    tally.expect(difference.is_none() || alike(found, &expected), &name, || {
                        format!(
                            "the value was stored, and another one came back: {}",
                            difference.unwrap_or_default()
                        )
                    });
                }
            }
        }
    }
    unreadable(lab, tally);
}

pub(super) fn trouble<T>(outcome: &Result<T, Trouble>) -> String {
    outcome
        .as_ref()
        .err()
        .map(ToString::to_string)
        .unwrap_or_default()
}
