#!/usr/bin/env bash
# Golden fixtures are append-only from the first release on: none that was there then, or came since, may have changed or gone. The first
# release is the first tag, or the first heading with a version in CHANGELOG.md, whichever came first.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "$1" >&2; exit 1; }

git rev-parse --is-inside-work-tree > /dev/null || fail "the history is asked, and this is in no git repository"
[ -f fixtures/checksums.txt ] || fail "fixtures/checksums.txt is missing; make it with: cargo run --example record"
[ "$(git rev-parse --is-shallow-repository)" = false ] || fail "not all of the history is here; fetch it (fetch-depth: 0)"

tag=$(git for-each-ref --merged=HEAD --sort=creatordate --format='%(refname)' refs/tags | sed -n 1p)
heading=$(git log --reverse --format=%H -G'^## \[?v?[0-9]' -- CHANGELOG.md | sed -n 1p)
released=${tag:-$heading}
if [ -n "$tag" ] && [ -n "$heading" ]; then released=$(git merge-base "$tag" "$heading"); fi
if [ -z "$released" ]; then
    echo "nothing is released: there is no tag, and no version in CHANGELOG.md; fixtures may still be made anew"
    exit 0
fi

# Files that differ from what they were before they were first touched. Pages and generators beside the cases may change.
# --merges: also what a merge undid of its other side.
changes() {
    git -c core.quotePath=off log "$@" -m --reverse --no-renames --diff-filter=DMT --format= --raw --no-abbrev --relative "$released..HEAD" -- fixtures \
        ':!fixtures/checksums.txt' ':(exclude,glob)fixtures/*.md' ':(exclude,glob)fixtures/*.py' \
        ':(exclude,glob)fixtures/*/*.md' ':(exclude,glob)fixtures/*/*.py'
}
touched=$({ changes --first-parent; changes --merges --full-history; } | awk -F'\t' '!seen[$2]++ { split($1, of, " "); print of[3] "\t" $2 }' |
    while IFS=$'\t' read -r was path; do
        [ "$(git rev-parse --quiet --verify "HEAD:./$path" || true)" = "$was" ] || echo "$path (as it was: git cat-file blob $was)"
    done)
[ -z "$touched" ] || fail "these golden fixtures changed or went, and data of their format are not readable for sure any more;
bring them back, and record a new one beside them:
$touched"
