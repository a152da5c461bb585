#!/usr/bin/env bash
# Golden fixtures are append-only: none that ever was on this branch may have changed or gone since, and all are listed.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "$1" >&2; exit 1; }

[ -f fixtures/checksums.txt ] || fail "fixtures/checksums.txt is missing; make it with: cargo run --example record"
[ "$(git rev-parse --is-shallow-repository)" = false ] || fail "not all of the history is here; fetch it (fetch-depth: 0)"

touched=$(git log -m --first-parent --no-renames --diff-filter=DMT --format= --name-only -- \
    fixtures ':!fixtures/checksums.txt' ':!fixtures/*.md' ':!fixtures/*.py' | sort -u)
[ -z "$touched" ] || fail "these golden fixtures were changed or removed, and data of their format are not readable for sure any more;
bring them back, and record a new one beside them: $touched"
