#!/bin/sh
# Logs in by face on a replayed camera: the real daemon, the real module, real libpam; then checks what came out.
# Everything lies in a folder of its own that is removed at the end. No account is made, and nothing below /etc is
# touched: the accounts "games" and "man", which every Debian and Ubuntu has, lend their names.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../packaging/common.sh
. "$here/../../packaging/common.sh"
. "$here/cases.sh"

known=${DEMO_KNOWN:-games} unknown=${DEMO_UNKNOWN:-man}
is_root || die "the daemon must be root's, so this must be run as root: sudo make demo"
for account in "$known" "$unknown"; do
    getent passwd "$account" >/dev/null ||
        die "there is no account \"$account\"; name two existing ones with DEMO_KNOWN and DEMO_UNKNOWN"
done

# Not below anybody's home: the process that sees runs as an account that may not look there.
place=$(mktemp -d /tmp/facelogin-demo.XXXXXX)
daemon=
stop_daemon() {
    [ -n "$daemon" ] || return 0
    kill "$daemon" 2>/dev/null || true
    # It takes its other half with it; the shell would report how it ended.
    wait "$daemon" 2>/dev/null || true
    daemon=
}
clean_up() {
    status=$?
    trap - EXIT
    stop_daemon
    [ "$status" = 0 ] || [ ! -s "$place/daemon.log" ] || sed 's/^/  daemon: /' "$place/daemon.log" >&2
    rm -rf "$place"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# Whoever became root to run this would be asked for their password before a face is enrolled. This machine's faces are
# left alone here, so nobody is: what is started below is root's, and no user's login stands behind it.
unset SUDO_UID SUDO_USER PKEXEC_UID DOAS_USER
{ echo 4294967295 >/proc/self/loginuid; } 2>/dev/null || true

now_ms() { date +%s%3N; }
begun=$(now_ms)

say "facelogin: logging in by face on a replayed camera, through libpam and pam_facelogin.so"
say "Enrolled is the account \"$known\", not enrolled is \"$unknown\": this machine's own, lending only their names."
say

# The folder, laid out as a system would be.
chmod 0755 "$place"
mkdir "$place/models" "$place/camera" "$place/pam.d" "$place/scenes"
install -m 0644 "$cache"/models/*.dat "$place/models/"
"$bins/scene" "$cache/pictures" "$place/scenes"
printf 'not a picture\n' >"$place/scenes/text.jpg"
# Whether somebody sits at this machine is not asked: the camera is a folder, too.
cat >"$place/facelogin.toml" <<EOF
presence = "off"
[camera]
allow_virtual = true
replay = "$place/camera"
[models]
folder = "$place/models"
[services.login]
enabled = true
trigger = "immediate"
EOF
# A service of remote logins is never given the face, whatever its stack says.
for service in login sshd; do
    printf 'auth required %s socket=%s\naccount required pam_permit.so\n' \
        "$bins/libpam_facelogin.so" "$place/run/socket" >"$place/pam.d/$service"
done
enroll() { "$bins/facelogin-enroll" --socket "$place/run/socket" --config "$place/facelogin.toml" "$@"; }
in_front() {
    rm -f "$place"/camera/*
    [ "$1" = unplugged ] || cp "$place/scenes/$1"/*.jpg "$place/camera/"
}

in_front nobody
"$bins/facelogind" --config "$place/facelogin.toml" --socket "$place/run/socket" --state "$place/state" \
    >"$place/daemon.log" 2>&1 &
daemon=$!
tries=0
until enroll --json status --user "$known" 2>/dev/null | grep -q '"ready"'; do
    tries=$((tries + 1))
    kill -0 "$daemon" 2>/dev/null || die "facelogind ended at its start"
    [ "$tries" -lt 300 ] || die "facelogind is not ready after 30 s: $(enroll status --user "$known" 2>&1)"
    sleep 0.1
done
say "facelogind and its vision process are ready after $(($(now_ms) - begun)) ms."
say

enrolments
logins
identification
printf '\n%s checks, %s not as expected. Total: %s ms.\n' "$checks" "$wrong" "$(($(now_ms) - begun))"
[ "$wrong" = 0 ] || die "the outcomes marked with ! differ from what they must be"
