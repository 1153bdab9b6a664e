# shellcheck shell=sh disable=SC2034
# Sourced by the other scripts: how they speak, whose account they build as, and where what is kept lies.

umask 022

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

# Under sudo the toolchain, the cache and the build's files are those of the user who typed it.
if is_root && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    builder=$SUDO_USER
    HOME=$(getent passwd "$builder" | cut -d: -f6)
    unset XDG_CACHE_HOME
else
    builder=
    HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
fi
PATH=$PATH:$HOME/.cargo/bin
export HOME PATH

cache=${XDG_CACHE_HOME:-$HOME/.cache}/facelogin
# The Makefile says where cargo puts the programs.
bins=${FACELOGIN_BIN_DIR:-$PWD/target/release}

# Runs a command as the account that builds.
as_builder() {
    if [ -n "$builder" ]; then
        runuser -u "$builder" -- "$@"
    else
        "$@"
    fi
}
