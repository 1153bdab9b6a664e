#!/bin/bash
# Prints the folder of a Debian system with systemd, logind, a stock kernel and what facelogin's programs link, made
# once by debootstrap and kept in the cache. root.sh [NAME [PACKAGE...]]: the name it is kept under, and what else it has.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"
. "$here/../root.sh"

name=${1:-seat}
[ $# = 0 ] || shift
libraries=$(libraries_of "$bins/facelogind" "$bins/facelogin-enroll" "$bins/pam-try")
packages="systemd systemd-sysv udev dbus libpam-systemd kmod kbd sudo linux-image-$(dpkg --print-architecture)
    initramfs-tools openssh-server openssh-client $*"
folder=$cache/$name-$(key_of "$packages" "$libraries" "$(cat "$0" "$here/../root.sh")")
if [ ! -d "$folder" ]; then
    rm -rf "$cache/$name"-*
    # shellcheck disable=SC2046,SC2086 # lists of names
    debian "$folder" "$cache/$name.log" $packages $(packages_of $libraries)
fi
printf '%s\n' "$folder"
