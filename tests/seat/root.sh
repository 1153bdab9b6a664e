#!/bin/bash
# Prints the folder of a Debian system with systemd, logind, a stock kernel and what facelogin's programs link, made
# once by debootstrap and kept in the cache.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"
. "$here/../root.sh"

libraries=$(libraries_of "$bins/facelogind" "$bins/facelogin-enroll" "$bins/pam-try")
packages="systemd systemd-sysv udev dbus libpam-systemd kmod kbd sudo linux-image-$(dpkg --print-architecture)
    initramfs-tools openssh-server openssh-client"
folder=$cache/seat-$(key_of "$packages" "$libraries" "$(cat "$0" "$here/../root.sh")")
if [ ! -d "$folder" ]; then
    rm -rf "$cache"/seat-*
    # shellcheck disable=SC2046,SC2086 # lists of names
    debian "$folder" "$cache/seat.log" $packages $(packages_of $libraries)
fi
printf '%s\n' "$folder"
