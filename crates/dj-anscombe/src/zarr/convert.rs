//! From the bytes of a chunk to the bytes of its codes, and back.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytemuck::Pod;

use crate::{DType, Decoder, Error, Integer, Params, Result, Sample, Table};

/// A table, and the data type that it was made for.
type Slot<T> = Arc<OnceLock<(DType, Result<Arc<T>>)>>;

/// The tables of a codec, for the data type that they were first made for.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    table: Slot<Table>,
    decoder: Slot<Decoder>,
}

impl Tables {
    pub(super) fn table(&self, dtype: DType, make: impl Fn() -> Result<Table>) -> Result<Arc<Table>> {
        remembered(&self.table, dtype, make)
    }

    pub(super) fn decoder(&self, dtype: DType, make: impl Fn() -> Result<Decoder>) -> Result<Arc<Decoder>> {
        remembered(&self.decoder, dtype, make)
    }
}

fn remembered<T>(slot: &Slot<T>, dtype: DType, make: impl Fn() -> Result<T>) -> Result<Arc<T>> {
    match slot.get_or_init(|| (dtype, make().map(Arc::new))) {
        (known, found) if *known == dtype => found.clone(),
        _ => make().map(Arc::new),
    }
}

/// The table for writing an array of `dtype` with a configuration that says `decoded`.
pub(super) fn table(params: &Params, decoded: Option<DType>, dtype: DType) -> Result<Table> {
    let wrong = |why| {
        Err(Error::DType {
            name: dtype.name().to_owned(),
            why,
        })
    };
    if !dtype.is_integer() {
        return wrong("only integer arrays can be encoded, as samples are looked up in a table");
    }
    match decoded {
        // The reader takes int16 then, and looks at those bytes as the array's type.
        None if dtype.size() != 2 => {
            return wrong(
                "without decoded_dtype in the configuration, Python reads 16-bit integers only; use Zarr V3",
            );
        }
        None if params.encoded != DType::U8 => {
            return wrong(
                "without data types in the configuration, Python reads codes of uint8 only; use Zarr V3",
            );
        }
        Some(decoded) if !decoded.is_integer() => {
            return wrong("the configuration's decoded_dtype is a float type, the array's an integer type");
        }
        _ => {}
    }
    Table::new(*params)
}

/// The decoder for reading an array of `dtype` with a configuration that says `decoded`.
pub(super) fn decoder(params: &Params, decoded: Option<DType>, dtype: DType) -> Result<Decoder> {
    let differs = decoded.is_some_and(|decoded| decoded != dtype);
    if differs && !(params.decoded.is_integer() && dtype.is_integer()) {
        return Err(Error::DType {
            name: dtype.name().to_owned(),
            why: "the configuration's decoded_dtype is another type than the array's, and one of them is a float type",
        });
    }
    // What a code stands for does not depend on the integer type; a value that does not fit is an error.
    Decoder::new(Params {
        decoded: dtype,
        ..*params
    })
}

/// Runs `$body` with `$type` as the Rust type of a [`DType`].
macro_rules! with_type {
    (@arms $dtype:expr, $type:ident => $body:expr; $($name:ident $rust:ty),*) => {
        match $dtype { $(DType::$name => { type $type = $rust; $body })* }
    };
    ($dtype:expr, $type:ident => $body:expr) => {
        with_type!(@arms $dtype, $type => $body;
            U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F32 f32, F64 f64)
    };
}

/// Encodes samples of `dtype`, in the machine's byte order.
pub(super) fn encode(table: &Table, dtype: DType, samples: &[u8]) -> Result<Vec<u8>> {
    match dtype {
        DType::U8 => encode_as::<u8>(table, samples),
        DType::I8 => encode_as::<i8>(table, samples),
        DType::U16 => encode_as::<u16>(table, samples),
        DType::I16 => encode_as::<i16>(table, samples),
        DType::U32 => encode_as::<u32>(table, samples),
        DType::I32 => encode_as::<i32>(table, samples),
        DType::U64 => encode_as::<u64>(table, samples),
        DType::I64 => encode_as::<i64>(table, samples),
        DType::F32 | DType::F64 => Err(Error::DType {
            name: dtype.name().to_owned(),
            why: "only integer arrays can be encoded, as samples are looked up in a table",
        }),
    }
}

fn encode_as<T: Integer + Pod>(table: &Table, samples: &[u8]) -> Result<Vec<u8>> {
    with_type!(table.params().encoded, C => converted::<T, C>(samples, |samples, out| table.encode(samples, out)))
}

/// Decodes codes into samples of the decoder's type, in the machine's byte order.
pub(super) fn decode(decoder: &Decoder, codes: &[u8]) -> Result<Vec<u8>> {
    with_type!(decoder.params().encoded, C => decode_from::<C>(decoder, codes))
}

fn decode_from<C: Sample + Pod>(decoder: &Decoder, codes: &[u8]) -> Result<Vec<u8>> {
    with_type!(decoder.params().decoded, D => converted::<C, D>(codes, |codes, out| decoder.decode(codes, out)))
}

/// The number in the bytes of one element.
pub(super) fn number(dtype: DType, bytes: &[u8]) -> Option<f64> {
    with_type!(dtype, T => bytemuck::try_pod_read_unaligned::<T>(bytes).ok().map(Sample::to_f64))
}

/// A number as bytes of `dtype`, if that holds it exactly.
pub(super) fn bytes_of(dtype: DType, value: f64) -> Option<Vec<u8>> {
    with_type!(dtype, T => {
        let cast = value as T;
        (cast.to_f64() == value).then(|| bytemuck::bytes_of(&cast).to_vec())
    })
}

/// Applies `convert` to bytes as elements of the types `A` and `B`.
fn converted<A: Pod, B: Pod>(
    input: &[u8],
    convert: impl FnOnce(&[A], &mut [B]) -> Result<()>,
) -> Result<Vec<u8>> {
    let elements: Cow<'_, [A]> = match bytemuck::try_cast_slice(input) {
        Ok(elements) => Cow::Borrowed(elements),
        Err(_) if input.len().is_multiple_of(size_of::<A>()) => {
            Cow::Owned(bytemuck::pod_collect_to_vec(input))
        }
        Err(_) => {
            return Err(Error::Length {
                input: input.len(),
                output: input.len() / size_of::<A>() * size_of::<A>(),
            });
        }
    };
    let mut output = vec![0_u8; elements.len() * size_of::<B>()];
    if let Ok(out) = bytemuck::try_cast_slice_mut(&mut output) {
        convert(&elements, out)?;
        return Ok(output);
    }
    let mut out = vec![B::zeroed(); elements.len()];
    convert(&elements, &mut out)?;
    output.copy_from_slice(bytemuck::cast_slice(&out));
    Ok(output)
}
