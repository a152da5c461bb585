//! A record and an object as a hashed value: an error, or the bytes that the record names.

use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::layout::content_hash;
use dj_codec_api::{Codec, Context, Json, Record, StoreMap, Value};
use dj_hash_codecs::HashCodec;

use crate::store::Told;
use crate::{halves, limits};

pub fn run(data: &[u8]) {
    let (record, object) = halves(data);
    let Ok(json) = serde_json::from_slice::<Json>(record) else {
        return;
    };
    let object = Bytes::copy_from_slice(object);
    let held = object.clone();
    let store = Told(move |_: &str| Some(held.clone()));
    let stores = StoreMap::new().with("main", Arc::new(store)).with_default("main");
    let cx = Context::new(stores).with_limits(limits());
    let Ok(decoded) = HashCodec.decode(Value::Json(Box::new(json.clone())), &cx) else {
        return;
    };
    assert_eq!(decoded, Value::Bytes(object.clone()));
    let record = Record::from_json(json).expect("it was decoded");
    assert_eq!(
        record.text("hash").expect("it was read"),
        Some(content_hash(&object).as_str())
    );
}
