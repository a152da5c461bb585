//! Files that lie, are damaged, or are something else: an error in words, in little memory.

use std::path::Path;

use dj_codec_api::{Bytes, ErrorKind, Limits};
use dj_codec_testkit::memory::peak_of_thread;
use dj_parquet_codecs::{Table, decode_table, encode_table};

use crate::tables;

/// A file of nothing but this footer.
fn with_footer(footer: &[u8]) -> Bytes {
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat().into()
}

/// A structure of a schema: a name of one letter, and how many children it has.
fn group(children: &[u8]) -> Vec<u8> {
    // 3: repetition required; 4: the name; 5: the children, as a varint that is zigzagged already.
    [&[0x35, 0, 0x18, 1, b'g', 0x15], children, &[0]].concat()
}

/// Metadata with a schema of these elements.
fn with_schema(elements: &[Vec<u8>]) -> Bytes {
    let count = elements.len();
    let count = [
        (count & 0x7f) as u8 | 0x80,
        (count >> 7 & 0x7f) as u8 | 0x80,
        (count >> 14) as u8,
    ];
    // 1: the version; 2: the list.
    with_footer(&[&[0x15, 2, 0x19, 0xfc], &count[..], &elements.concat(), &[0]].concat())
}

#[test]
fn a_schema_is_not_believed() {
    // Two children, of which each makes room for two thousand millions.
    let many = with_schema(&[group(&[0xfe, 0xff, 0xff, 0xff, 0x0f]), group(&[0])]);
    // Each has one child, 200,000 times.
    let deep = with_schema(&vec![group(&[2]); 200_000]);
    for file in [many, deep] {
        let (outcome, held) = peak_of_thread(|| decode_table(&file, &Limits::default()));
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unsupported, "{error}");
        assert!(held < 1 << 20, "{held} bytes");
    }
}

#[test]
fn what_becomes_large_is_limited_before_it_is() {
    let page = encode_table(
        &Table::new()
            .with_column("text", vec!["x".repeat(900_000)])
            .unwrap(),
    )
    .unwrap();
    assert!(page.len() < 100_000, "{}", page.len());
    let again = "y".repeat(20_000);
    let dictionary = encode_table(
        &Table::new()
            .with_column("text", vec![again.as_str(); 1_000])
            .unwrap(),
    )
    .unwrap();
    assert!(dictionary.len() < 20_000, "{}", dictionary.len());
    let rows = encode_table(&Table::new().with_column("flag", vec![true; 1_000_000]).unwrap()).unwrap();
    assert!(rows.len() < 30_000, "{}", rows.len());
    let mib = Limits::default().with_array_bytes(1 << 20);
    for (file, limits, what) in [
        (&page, Limits::default().with_chunk_bytes(1 << 16), "chunk bytes"),
        (
            &page,
            Limits::default().with_decompressed_bytes(1 << 16),
            "decompressed bytes",
        ),
        (&dictionary, mib.clone(), "array bytes"),
        (&rows, mib, "array bytes"),
        (&rows, Limits::default().with_items(999_999), "items"),
        (&rows, Limits::default().with_metadata_bytes(50), "metadata bytes"),
    ] {
        let (outcome, held) = peak_of_thread(|| decode_table(file, &limits));
        let error = outcome.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit { what: found, .. } if *found == what),
            "{what}: {error}"
        );
        assert!(held < 4 << 20, "{what}: {held} bytes");
    }
}

#[test]
fn no_bit_of_a_file_makes_it_panic_or_grow() {
    let limits = Limits::default();
    let small = Table::new()
        .with_column("text or none", vec![None, Some("abc"), Some("abc")])
        .unwrap();
    for table in [tables::every_kind(), small] {
        let file = encode_table(&table).unwrap();
        for at in 0..file.len() {
            assert!(decode_table(&file.slice(..at), &limits).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut changed = file.to_vec();
                changed[at] ^= 1 << bit;
                let changed = Bytes::from(changed);
                // Another value, or an error; a panic would end the test.
                let (_, held) = peak_of_thread(|| drop(decode_table(&changed, &limits)));
                // Where the library panics, and backtraces are wanted, one of these takes some 40 MB.
                assert!(held < 100 << 20, "bit {bit} at {at}: {held} bytes");
            }
        }
    }
}

#[test]
fn what_is_no_table_is_said_so() {
    for (file, words) in [
        (&b""[..], "no Parquet file"),
        (b"PAR1", "no Parquet file"),
        (b"a,b\n1,2\n3,4\n5,6\n", "no Parquet file"),
        (b"PARE\0\0\0\0\0\0\0\0PARE", "no Parquet file"),
        (b"PAR1\xff\xff\0\0PAR1", "no Parquet file"),
    ] {
        let error = decode_table(&Bytes::from_static(file), &Limits::default()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn columns_of_other_kinds_are_named() {
    for (name, words) in [
        ("lists", "lists or structures"),
        ("structures", "lists or structures"),
        (
            "timestamps",
            "the column \"column\" is of type INT64 as Timestamp",
        ),
        (
            "decimals",
            "the column \"column\" is of type FIXED_LEN_BYTE_ARRAY as Decimal",
        ),
        ("bytes", "the column \"column\" is of type BYTE_ARRAY"),
        ("zstd", "compressed with ZSTD"),
        ("uint64", "18446744073709551615 is more than an int64 holds"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/{name}.parquet"));
        let error = decode_table(&std::fs::read(path).unwrap().into(), &Limits::default()).unwrap_err();
        assert!(error.report().contains(words), "{name}: {}", error.report());
        assert_eq!(
            error.kind(),
            &ErrorKind::Unsupported,
            "{name}: {}",
            error.report()
        );
    }
}
