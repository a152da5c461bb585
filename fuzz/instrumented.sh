#!/bin/sh
# A RUSTC_WRAPPER under which only what decodes is instrumented: our crates and the decompressors and parsers that they call. The
# fuzzer goes through every counter after every run, and most are those of libraries that a target never enters.
rustc=$1
shift
previous='' crate=''
for argument; do
    [ "$previous" = --crate-name ] && crate=$argument
    previous=$argument
done
case $crate in
    dj_codecs_fuzz) ;;
    dj_* | zlib_rs | serde_json | lz4_flex | miniz_oxide | libbz2_rs_sys | num_bigint | semver | uuid | data_encoding | percent_encoding)
        exec "$rustc" "$@"
        ;;
esac
for argument; do
    shift
    case $argument in
        -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-*) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
exec "$rustc" "$@"
