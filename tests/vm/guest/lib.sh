# shellcheck shell=bash
# Sourced by every scenario: how it reports, what it waits for, whom it shows the camera, and how it types.
set -u
scenario=${scenario:-$(basename "$0" .sh)}
state=/var/lib/facelogin-vm
camera=/run/usb-camera.sock

# To the host: a line of its own, wherever the script's output has come to.
say() { printf '\n%s\n' "$*" >/dev/console; }
note() { say "VM NOTE $scenario: $*"; }
# result CHECK EXPECTED SEEN
result() {
    if [ "$2" = "$3" ]; then
        say "VM RESULT ok $scenario: $1: ${3//$'\n'/ }"
    else
        say "VM RESULT FAIL $scenario: $1: ${3//$'\n'/ }, expected ${2//$'\n'/ }"
        return 1
    fi
}
# holds CHECK COMMAND...: whether it succeeds.
holds() {
    local check=$1
    shift
    if "$@" >/dev/null 2>&1; then result "$check" yes yes; else result "$check" yes no; fi
}
# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
# reboot_to STAGE: goes down; the scenario is run again from its start, with STAGE as its argument.
reboot_to() {
    printf '%s\n' "$1" >"$state/stage"
    sync
    systemctl reboot
    exec sleep infinity
}

# camera COMMAND...: to the made camera.
camera() { usb-camera tell "$camera" "$@"; }
# in_front SCENE: one of /srv/scenes.
in_front() { camera show "/srv/scenes/$1"; }
vision_ready() { facelogin-enroll --json status | grep -q '"vision": *"ready"'; }

# The newest attempt on record, as "ID VERDICT/REASON".
newest() { facelogin-enroll --json audit --limit 1 2>/dev/null | tr -d '\n ' | sed 's/.*"id":\([0-9]*\).*"verdict":"\([a-z_]*\)","reason":"\([a-z_]*\)".*/\1 \2\/\3/'; }
# attempt_after ATTEMPT: the first decision after this one, as VERDICT/REASON. It is written after the answer; the question
# before a prompt is on record too, and is none.
attempt_after() {
    local now
    # shellcheck disable=SC2317 # until_true calls it
    decided() { now=$(newest) && [ "$now" != "$1" ] && [[ $now != *consent_needed ]]; }
    if until_true 20 decided "$1"; then printf '%s\n' "${now#* }"; else printf 'nothing on record\n'; fi
}
# enrolled USER: the known face, from portraits.
enrolled() {
    facelogin-enroll --json list --user "$1" 2>/dev/null | grep -q '"id"' ||
        facelogin-enroll add --unattended --user "$1" --image /srv/pictures/obama.jpg /srv/pictures/obama2.jpg
}

nobody_here() { [ -z "$(loginctl list-sessions --no-legend)" ]; }
# Nobody logged in, nobody locked out, and one prompt for a name on the serial line.
fresh_line() {
    local user
    systemctl stop serial-getty@ttyS0.service
    for user in $(loginctl list-users --no-legend | awk '$2 != "root" { print $2 }'); do
        loginctl terminate-user "$user"
        facelogin-enroll unlock --user "$user" >/dev/null 2>&1
    done
    # logind answers within its 200 ms when it has nothing else to do.
    until_true 10 nobody_here
    # What nobody read is not for the next one.
    timeout 0.2 cat /dev/ttyS1 >/dev/null
    systemctl start serial-getty@ttyS0.service
}
# What every scenario finds: that, and the known face in front of a camera that works.
fresh() {
    fresh_line
    camera fault none
    # The port is part of what a camera is known by.
    if [ "$(camera state plugged) $(camera state port)" != "true 0" ]; then
        camera unplug
        camera plug 0
    fi
    in_front known
    until_true 60 vision_ready
}
# at_line STEPS: types at the serial line whose other end serial-getty@ttyS0 answers; see tests/src/bin/typist.rs.
at_line() { typist --line /dev/ttyS1 <<<"$1"; }
# at_terminal STEPS USER PROGRAM...: a program of the user's, on a terminal of its own.
at_terminal() {
    local steps=$1 user=$2
    shift 2
    typist --user "$user" "$@" <<<"$steps"
}
