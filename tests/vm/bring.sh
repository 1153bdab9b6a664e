#!/bin/bash
# bring.sh FOLDER: what the booted system gets of this tree, as it will lie there: facelogin as `make install` puts it,
# the programs and scenarios of the tests, scenes and portraits.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"
root=$1

DESTDIR=$root PREFIX=/usr "$here/../../packaging/install.sh"
for program in typist pam-try usb-camera camera-look nokhwa-look; do
    # Without what only a debugger reads.
    install -D -m 0755 -s "$bins/$program" "$root/usr/local/bin/$program"
done
lib=$root/usr/local/lib/facelogin-vm
install -D -m 0755 -t "$lib" "$here"/guest/{inside,furnish,bench}.sh
install -D -m 0644 -t "$lib" "$here"/guest/{lib,people}.sh "$here/../../packaging/layout.sh"
install -D -m 0755 -t "$lib/scenarios" "$here"/scenarios/*.sh
install -D -m 0644 -t "$root/etc/systemd/system" "$here"/guest/*.service
install -D -m 0644 "$here/guest/facelogin.toml" "$root/etc/facelogin/facelogin.toml"
"$bins/scene" "${FACELOGIN_TEST_PICTURES:-$cache/pictures}" "$root/srv/scenes"
install -D -m 0644 -t "$root/srv/pictures" "${FACELOGIN_TEST_PICTURES:-$cache/pictures}"/*.jpg
