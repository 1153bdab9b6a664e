#!/bin/sh
# cargo-deny, installed into the cache when it is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
version=0.20.2

tools=$cache/tools
if ! "$tools/bin/cargo-deny" --version 2>/dev/null | grep -qx "cargo-deny $version"; then
    say "Installing cargo-deny $version into $tools"
    # Unoptimised it takes a fraction of the time to build, and is fast enough.
    as_builder cargo install --quiet --debug cargo-deny --version "$version" --locked --root "$tools"
fi
PATH=$tools/bin:$PATH "$here/cargo.sh" deny --locked "$@"
