#!/bin/sh
# Fills the corpus of each target from the golden fixtures and the damaged files of the crates' tests.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

# seeds TARGET FOLDER... - copies every .bin file below the folders, named by where it was.
seeds() {
    target=$1
    shift
    mkdir -p "$root/fuzz/corpus/$target"
    find "$@" -name '*.bin' -size -64k | while read -r file; do
        name=$(printf '%s' "${file#"$root"/}" | tr '/' '_')
        cp "$file" "$root/fuzz/corpus/$target/$name"
    done
    echo "$target: $(ls "$root/fuzz/corpus/$target" | wc -l) seeds"
}

seeds blob "$root/fixtures/blob" "$root/crates/dj-blob-codecs/tests/data"
