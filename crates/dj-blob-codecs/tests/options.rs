//! What a codec is told, it does; and what it says of damage has the right figures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_blob_codecs::api::{Array, Codec as _, Context, StoreMap, Uuid, Value};
use dj_blob_codecs::{BlobCodec, Compression, Dims, PackOptions, UnpackOptions, native, pack, unpack};
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};

fn context() -> Context {
    Context::new(StoreMap::new())
}

fn bytes(value: Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_codec_packs_and_unpacks_as_it_is_told() {
    let text = Value::from("spikes ".repeat(1000));
    let plain = BlobCodec::new().with_pack(PackOptions::new().with_compression(Compression::None));
    assert!(bytes(BlobCodec::new().encode(text.clone(), &context()).unwrap()).starts_with(b"ZL123\0"));
    assert!(bytes(plain.encode(text, &context()).unwrap()).starts_with(b"dj0\0"));

    let array = Array::from_vec(vec![1.5, 2.5], &[2]).unwrap();
    let packed = BlobCodec::new().encode(array.clone().into(), &context()).unwrap();
    let narrow = BlobCodec::new().with_unpack(UnpackOptions::new().with_dims(Dims::Bits32));
    assert_eq!(
        BlobCodec::new().decode(packed.clone(), &context()).unwrap(),
        array.into()
    );
    assert!(narrow.decode(packed, &context()).is_err());
}

/// Bytes that nothing makes shorter, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn what_compression_makes_no_shorter_is_left_as_it_is() {
    let mut met = [false; 2];
    for zeros in 0..80 {
        let value = Value::Bytes([noise(1500), vec![0; zeros]].concat().into());
        let plain = PackOptions::new()
            .with_compression(Compression::None)
            .pack(&value)
            .unwrap();
        let packed = pack(&value).unwrap();
        let compressed = packed.starts_with(b"ZL123\0");
        met[usize::from(compressed)] = true;
        match compressed {
            true => assert!(packed.len() < plain.len(), "{zeros}"),
            false => assert_eq!(packed, plain, "{zeros}"),
        }
    }
    assert_eq!(met, [true, true]);
}

#[test]
fn a_value_that_does_not_fill_its_length_is_told_with_figures() {
    // A list of one bool, whose length is 3 rather than 2.
    let mut blob = b"dj0\0\x02".to_vec();
    blob.extend(1_u64.to_le_bytes());
    blob.extend(3_u64.to_le_bytes());
    blob.extend(b"\x0b\x01\0");
    let error = unpack(blob).unwrap_err();
    assert_eq!(
        error.message(),
        "a value takes 2 bytes, its length says 3",
        "{error}"
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sessions {
    #[serde(with = "native")]
    ids: Vec<Uuid>,
}

#[test]
fn lists_of_native_values_come_back() {
    let sessions = Sessions {
        ids: vec![Uuid::from_u128(7), Uuid::nil()],
    };
    let value = dj_blob_codecs::to_value(&sessions).unwrap();
    assert_eq!(dj_blob_codecs::from_value::<Sessions>(value).unwrap(), sessions);
    // A format that knows nothing of it gives a text where it should ask for what is wrapped.
    let text: StrDeserializer<'_, serde::de::value::Error> = "x".into_deserializer();
    let error = native::deserialize::<Uuid, _>(text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid type: string \"x\", expected a value that is kept as it is"
    );
}
