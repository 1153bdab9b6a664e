#!/bin/sh
# Are the units well formed, and as closed as they must be? Needs systemd-analyze, but no running systemd.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
# In tenths: of 10.0, "open to everything", a service may reach 1.5.
most=15

if ! command -v systemd-analyze >/dev/null; then
    say "units not checked: there is no systemd-analyze"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

for unit in "$here"/systemd/*.service; do
    report=$(systemd-analyze security --offline=true --threshold="$most" --no-pager "$unit") ||
        die "${unit##*/} is more open than $most tenths: $(printf '%s\n' "$report" | tail -n 1)"
    say "${unit##*/}: exposure $(printf '%s\n' "$report" | sed -n 's/.*: \([0-9.]*\) .*/\1/p' | tail -n 1) of 10"
done

# The system's own units stand beside ours, so that what ours refer to is found; a stand-in for the daemon is enough.
install -D -m 0755 /bin/true "$work/usr/libexec/facelogind"
mkdir -p "$work/etc/systemd/system" "$work/usr/lib/systemd"
for folder in /usr/lib/systemd/system /lib/systemd/system; do
    [ ! -d "$folder" ] || cp -a "$folder" "$work/usr/lib/systemd/" 2>/dev/null || true
done
verify() {
    said=$(systemd-analyze verify --man=no "$@" 2>&1) || die "$said"
    # Other people's units may have flaws of their own.
    ours=$(printf '%s\n' "$said" | grep facelogin || true)
    [ -z "$ours" ] || die "$ours"
}
cp "$here"/systemd/*.service "$here"/systemd/*.socket "$work/usr/lib/systemd/system/"
for unit in "$here"/systemd/*.service "$here"/systemd/*.socket; do
    verify --root="$work" "${unit##*/}"
done
# systemd takes no other root for users' units: only the program's name is changed.
mkdir "$work/user"
for unit in "$here"/systemd/user/*.service; do
    copy=$work/user/${unit##*/}
    sed 's|^ExecStart=/usr/bin/facelogin-enroll|ExecStart=/bin/true|' "$unit" >"$copy"
    XDG_RUNTIME_DIR=$work verify --user "$copy"
done
say "units verified"
