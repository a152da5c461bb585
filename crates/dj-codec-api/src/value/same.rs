//! When two values are the same.

use std::sync::Arc;

use super::Value;

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        use Value::{
            Array, BigInt, Bool, Bytes, Cell, Chars, Complex, Date, DateTime, Decimal, Dict, File, Float,
            Folder, Int, Json, Lazy, List, Null, Objects, Path, Record, Set, Sparse, Str, Struct, Time,
            Tuple, Uuid,
        };
        match (self, other) {
            (Null, Null) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            (Float(a), Float(b)) => same_float(*a, *b),
            (Complex(a, b), Complex(c, d)) => same_float(*a, *c) && same_float(*b, *d),
            (Str(a), Str(b)) | (Decimal(a), Decimal(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (List(a), List(b)) | (Tuple(a), Tuple(b)) => a == b,
            (Set(a), Set(b)) => same_set(a, b),
            (Dict(a), Dict(b)) => a == b,
            (Uuid(a), Uuid(b)) => a == b,
            (Date(a), Date(b)) => a == b,
            (Time(a), Time(b)) => a == b,
            (DateTime(a), DateTime(b)) => a == b,
            (Array(a), Array(b)) => a == b,
            (Objects(a), Objects(b)) => a == b,
            (Record(a), Record(b)) => a == b,
            (Chars(a), Chars(b)) => a == b,
            (Cell(a), Cell(b)) => a == b,
            (Struct(a), Struct(b)) => a == b,
            (Sparse(a), Sparse(b)) => a == b,
            (Json(a), Json(b)) => a == b,
            (Path(a), Path(b)) => a == b,
            (File(a), File(b)) => a == b,
            (Folder(a), Folder(b)) => a == b,
            (Lazy(a), Lazy(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Each member of one has its own partner in the other.
fn same_set(a: &[Value], b: &[Value]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut open: Vec<&Value> = b.iter().collect();
    // Sets are nearly always written in one order, so the partner is nearly always the first that is open.
    a.iter()
        .all(|member| match open.iter().position(|other| *other == member) {
            Some(position) => {
                open.remove(position);
                true
            }
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_keep_apart() {
        assert_ne!(Value::Int(1), Value::Float(1.0));
        assert_ne!(Value::List(vec![]), Value::Tuple(vec![]));
        assert_ne!(Value::Float(0.0), Value::Float(-0.0));
        assert_eq!(Value::Float(f64::NAN), Value::Float(-f64::NAN));
    }

    #[test]
    fn sets_have_no_order_but_counts() {
        let set = |numbers: &[i64]| Value::Set(numbers.iter().copied().map(Value::Int).collect());
        assert_eq!(set(&[1, 2, 3]), set(&[3, 1, 2]));
        assert_ne!(set(&[1, 1, 2]), set(&[1, 2, 2]));
        assert_ne!(set(&[1]), set(&[1, 1]));
    }
}
