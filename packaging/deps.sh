#!/bin/sh
# Installs the build dependencies that are missing, with those named as arguments: on Debian and Ubuntu, as root.
# Anywhere else, and for anybody else, says what is needed. With --tests: the programs that the tests drive, instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

# dlib's headers and the libraries it stands on; libclang to read the headers of V4L2; libpam to link the module; libdbus
# for the daemon's questions to logind.
# Python, with its own pip and setuptools, is the way to the models and portraits where their origin is out of reach.
needed="g++ pkg-config libdlib-dev libopenblas-dev liblapack-dev libclang-dev libpam0g-dev
    libdbus-1-dev python3 python3-pip python3-setuptools $*"
tests=
if [ "${1:-}" = --tests ]; then
    # What logs in for real: sudo, su, login, polkit with its bus, a lock screen on a screen without a screen; logind; and
    # a file system that can be encrypted.
    tests="sudo util-linux login libpam-runtime polkitd pkexec dbus systemd i3lock xvfb xdotool e2fsprogs mount"
    # And what the kernel and the system are made from that they boot: see tests/vm/README.md.
    if [ "$(uname -m)" = x86_64 ]; then
        tests="$tests linux-source bison flex bc xz-utils debootstrap"
    fi
    needed=$tests
fi

if ! command -v dpkg-query >/dev/null; then
    [ -z "$tests" ] || exit 0
    say "This is not Debian or Ubuntu. Make sure to have: a C++ compiler, pkg-config, the development files of dlib,"
    say "openblas, lapack, libclang, libpam and libdbus, dbus-daemon, and Python 3 with pip and setuptools."
    exit 0
fi

missing=
for package in $needed; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! is_root; then
    if [ -n "$tests" ]; then
        say "Tests that need$missing are skipped, as are all that need root."
        exit 0
    fi
    die "these packages are missing; run: sudo apt-get install$missing"
fi
say "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -y -qq --no-install-recommends $missing </dev/null
