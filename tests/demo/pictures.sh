#!/bin/sh
# Puts the portraits that demo and tests use into the cache: out of a Python source package, never into the checkout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
packaging=$here/../../packaging
# shellcheck source=../../packaging/common.sh
. "$packaging/common.sh"
pictures=$cache/pictures

whole() { (cd "$1" 2>/dev/null && sha256sum --check --status "$here/pictures.sha256" 2>/dev/null); }

if whole "$pictures"; then
    say "All pictures are there already: $pictures"
    exit 0
fi
unpacked=$(mktemp -d /tmp/facelogin-pictures.XXXXXX)
trap 'rm -rf "$unpacked"' EXIT
trap 'exit 1' HUP INT TERM
chmod 0755 "$unpacked"
set --
for name in obama obama2 obama3 biden obama_partial_face obama_partial_face2; do
    set -- "$@" "face_recognition-1.3.0/tests/test_images/$name.jpg"
done
"$packaging/sdist.sh" "$here/requirements.txt" "$unpacked" "$@"
whole "$unpacked" || die "the package does not hold the pictures that it should"
as_builder mkdir -p "$pictures"
as_builder cp "$unpacked"/*.jpg "$pictures/"
say "The pictures are in $pictures"
