#!/bin/bash
# The documents name tests: each of them must exist.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck disable=SC2016 # the quotation marks of Markdown
names=$(grep -oE '`[a-z0-9]+(_[a-z0-9]+){3,}`' docs/threat-model.md | tr -d '`' | sort -u)
missing=0
for name in $names; do
    if ! git grep -qE "fn $name\(" -- '*.rs'; then
        printf 'docs/threat-model.md names a test that does not exist: %s\n' "$name" >&2
        missing=1
    fi
done
exit "$missing"
