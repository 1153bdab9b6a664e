#!/bin/sh
# cargo, with its intermediate files outside the checkout, so that a second clone does not compile dlib's C++ again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

command -v cargo >/dev/null || die "cargo is not there; install Rust 1.89 or later, as https://rustup.rs describes"

# cargo does not see the C++ headers: another dlib, compiler or flags must not meet the old objects.
key=$({
    rustc -V
    c++ --version 2>/dev/null | head -n 1
    dpkg-query -W -f '${Version}' libdlib-dev 2>/dev/null || true
    printf '%s' "${CXXFLAGS:-}"
} | sha256sum | cut -c 1-12)
# Since cargo 1.91; an older one ignores it and keeps everything in the target folder.
CARGO_BUILD_BUILD_DIR=${CARGO_BUILD_BUILD_DIR:-$cache/build-$key}
export CARGO_BUILD_BUILD_DIR

as_builder cargo "$@"
