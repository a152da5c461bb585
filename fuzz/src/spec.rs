//! Text as each of the small texts that name things: type specs, dtypes, versions, paths.

use std::cell::OnceCell;

use dj_blob_codecs as _;
use dj_codec_api::layout::{
    check_filepath, check_path, encode_pk_value, hash_path, normalize_path, python_repr,
};
use dj_codec_api::{Column, DType, FormatVersion, Registry, StoreLayout, TypeSpec, Value};
use dj_file_codecs as _;
use dj_hash_codecs as _;
use dj_npy_codecs as _;
use dj_zarr_codecs as _;

thread_local! {
    static REGISTRY: OnceCell<Registry> = const { OnceCell::new() };
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };

    let spec: TypeSpec = text.parse().expect("any text is a spec");
    let shown = spec.to_string();
    let again: TypeSpec = shown.parse().expect("any text is a spec");
    // Brackets and spaces within, as in ` <blob> `, are not those around a spec.
    let plain = |text: &str| !text.contains(['<', '>']) && text.trim() == text;
    if plain(spec.name()) && spec.store().is_none_or(plain) {
        assert_eq!(again, spec, "{text:?} {shown:?}");
    }
    REGISTRY.with(|registry| {
        let registry = registry.get_or_init(|| Registry::linked().expect("each codec is linked once"));
        if let Ok(column) = Column::resolve(text, registry) {
            assert!(column.chain().len() <= registry.list().len());
        }
    });

    if let Ok(dtype) = text.parse::<DType>() {
        let shown = dtype.to_string();
        assert_eq!(
            shown.parse::<DType>().expect("a dtype's own text"),
            dtype,
            "{text:?} {shown:?}"
        );
        let _ = dtype.numpy_str();
    }
    if let Ok(version) = text.parse::<FormatVersion>() {
        assert_eq!(
            version
                .to_string()
                .parse::<FormatVersion>()
                .expect("a version's own text"),
            version
        );
    }

    let layout = StoreLayout::default();
    let safe = check_path(text).is_ok();
    if safe {
        assert!(!text.split(['/', '\\']).any(|part| part == ".."), "{text:?}");
    }
    if let Ok(normal) = normalize_path(text) {
        assert_eq!(normalize_path(&normal).expect("it is normal"), normal);
        assert!(
            !normal.starts_with('/') && !normal.split('/').any(|part| part == ".."),
            "{text:?} {normal:?}"
        );
    }
    if let Ok(path) = check_filepath(text, &layout) {
        assert!(
            !path.starts_with("_hash/") && !path.starts_with("_schema/"),
            "{text:?} {path:?}"
        );
    }
    if let Ok(path) = hash_path(text, "lab", &layout) {
        check_path(&path).expect("a path that is built is safe");
    }
    if let Ok(encoded) = encode_pk_value(&Value::from(text)) {
        assert!(!encoded.contains('/'), "{text:?} {encoded:?}");
    }
    let _ = python_repr(text);
}
