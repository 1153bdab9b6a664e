#!/bin/bash
# Prints the folder of a Debian system with systemd, logind, a stock kernel and what facelogin's programs link, made
# once by debootstrap and kept in the cache.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"
. /etc/os-release

is_root || die "making a file system needs root"
command -v debootstrap >/dev/null || die "debootstrap is not there; packaging/deps.sh debootstrap installs it"

# The packages of the shared libraries that the programs ask for.
libraries=$(ldd "$bins/facelogind" "$bins/facelogin-enroll" "$bins/pam-try" | awk '$3 ~ /^\// { print $3 }' | sort -u |
    xargs -n 1 readlink -f | sed 's|^\(/usr\)\?/lib|*/lib|' | xargs dpkg -S | cut -d: -f1 | sort -u)
packages="systemd systemd-sysv udev dbus libpam-systemd kmod kbd sudo linux-image-$(dpkg --print-architecture)
    initramfs-tools openssh-server openssh-client $libraries"
# shellcheck disable=SC2086 # a list of names
set -- $packages
list=$(printf '%s,' "$@")
key=$(printf '%s %s %s' "$VERSION_CODENAME" "$list" "$(cat "$0")" | sha256sum | cut -c 1-12)
folder=$cache/seat-$key
if [ ! -d "$folder" ]; then
    rm -rf "$cache"/seat-*
    # shellcheck disable=SC2016 # apt's own field
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
    [ -n "$mirror" ] || die "apt knows no mirror of packages"
    unfinished=$folder.unfinished
    rm -rf "$unfinished"
    debootstrap --variant=minbase --include="${list%,}" "$VERSION_CODENAME" "$unfinished" "$mirror" >"$cache/seat.log" 2>&1 ||
        die "debootstrap failed; $cache/seat.log tells why"
    rm -rf "$unfinished"/var/cache/apt/archives/*.deb "$unfinished"/var/lib/apt/lists/*
    mv "$unfinished" "$folder"
fi
printf '%s\n' "$folder"
