#!/bin/bash
# Runs in the system that `run.sh` boots: picks a user in GDM's greeter by keyboard, again and again, with somebody else
# in front of the camera each time, and looks at what became of it.
set -u
# shellcheck source=../seat/scenario.sh
. /usr/local/lib/facelogin-scenarios/scenario.sh

shot() {
    echo "SEAT SHOT $1"
    sleep 3
}
keys() { echo "SEAT KEYS $*"; }
in_front() { usb-camera tell /run/usb-camera.sock show "/srv/scenes/$1"; }
# From what the camera will show: this is about the greeter, not about how well a face is known again, and an emulated
# processor takes longer for a whole portrait than the daemon gives the models.
enrolled() {
    facelogin-enroll --json list --user alice | grep -q '"id"' ||
        facelogin-enroll add --unattended --user alice --image /srv/scenes/frontal/0[0-2].jpg
}
sees_alice() { facelogin-enroll test --user alice; }
# of SESSION PROPERTY
of() { loginctl show-session "$1" -p "$2" --value 2>/dev/null; }
active() { loginctl show-seat seat0 -p ActiveSession --value; }
# every USER'S-NAME: their sessions that are not being closed.
every() {
    local id
    for id in $(loginctl list-sessions --no-legend | awk '{ print $1 }'); do
        [ "$(of "$id" Name)" != "$1" ] || [ "$(of "$id" State)" = closing ] || echo "$id"
    done
}
greeter_in_front() { [ "$(of "$(active)" Class)" = greeter ]; }
session_of_alice() {
    local session
    session=$(active)
    [ "$(of "$session" Name) $(of "$session" Class) $(of "$session" State)" = "alice user active" ]
}
nobody_else() { [ -z "$(every Debian-gdm)" ]; }
shell_of() { pgrep -o -u "$1" -x gnome-shell; }
# Whether this user's shell has come so far that GDM is told; soon after that something is on the screen.
started() { journalctl -b --no-pager "_PID=$(shell_of "$1")" | grep -qF 'Registering session with GDM'; }
# The processor time that it took so far, in ticks of 10 ms.
ticks() { awk '{ print $14 + $15 }' "/proc/$(shell_of "$1")/stat"; }
# settled USER: waits until their shell has drawn what it has to draw. A cursor that blinks takes a tenth of what counts
# as work here.
settled() {
    local end=$((SECONDS + 400)) calm=0 before after
    until_true 400 started "$1" || note "the shell of $1 has not started"
    while [ "$calm" -lt 2 ] && [ "$SECONDS" -lt "$end" ]; do
        before=$(ticks "$1")
        sleep 4
        after=$(ticks "$1")
        if [ -n "$before" ] && [ -n "$after" ] && [ $((after - before)) -lt 120 ]; then
            calm=$((calm + 1))
        else
            calm=0
        fi
    done
    [ "$calm" = 2 ] || note "the shell of $1 is still busy"
}
newest_differs() { [ "$(newest)" != "$before" ]; }
# asked NAME EXPECTED KEY: presses the key that makes GDM ask, up to three times: an emulated processor that is held up
# takes longer for a picture than the daemon gives a camera. Escape brings the list of users back.
asked() {
    local name=$1 expected=$2 key=$3 more after
    for more in 1 2 3; do
        before=$(newest)
        keys "$key"
        if ! until_true 120 newest_differs; then
            note "try $more of \"$name\": nothing on record"
            shot "silent-$count-$more"
            continue
        fi
        after=$(newest)
        case $after in *camera_unavailable | *vision_unavailable | *not_present) ;; *) break ;; esac
        note "try $more of \"$name\": ${after#* }"
        sleep 10
        keys ESC
        until_true 120 vision_ready
        settled "$(id -nu "$(of "$(active)" User)")"
        # A lock screen that was left is dark.
        [ "$key" != ESC ] || sleep 30
    done
    after=$(newest)
    result "$name: on record" "$expected" "${after#* }"
}
# at_the_greeter: with its list of users in front, the first of them chosen.
at_the_greeter() {
    until_true 300 greeter_in_front || note "no greeter is in front: $(loginctl --no-legend)"
    settled Debian-gdm
}
# password SHOT: after the face brought nothing.
password() {
    settled Debian-gdm
    shot "$1"
    result "$1: no session yet" greeter "$(of "$(active)" Class)"
    keys alice-password ENTER
}
# opened NAME
opened() {
    local session
    until_true 300 session_of_alice
    session=$(active)
    result "$1: the session in front" "alice user active seat0 wayland gdm-password" \
        "$(of "$session" Name) $(of "$session" Class) $(of "$session" State) $(of "$session" Seat) $(of "$session" Type) $(of "$session" Service)"
}
# Ends alice's session, when the greeter is gone: GDM ends that some time after another session is there.
leave() {
    until_true 300 nobody_else || note "the greeter is still there: $(loginctl --no-legend)"
    loginctl terminate-session "$(active)"
    until_true 300 greeter_in_front
}
# user COMMAND...: to alice's own systemd.
user() { systemctl --user --machine alice@.host "$@"; }
notified() { user is-active facelogin-notify.service; }
locked() { [ "$(of "$(active)" LockedHint)" = yes ]; }
unlocked() { [ "$(of "$(active)" LockedHint)" = no ]; }

main() {
    local told
    note "$(gdm3 --version), $(gnome-shell --version), Linux $(uname -r)"
    until_true 300 systemctl is-active usb-camera.service
    note "camera: $(cat /sys/class/video4linux/video0/name), driver $(basename "$(readlink /sys/class/video4linux/video0/device/driver)")"
    until_true 600 vision_ready || note "the vision process is not ready: $(facelogin-enroll status)"
    facelogin-enroll cameras | sed 's/^/SEAT NOTE /'
    until_true 300 enrolled || note "alice is not enrolled: $(enrolled 2>&1)"
    # The first look takes longest.
    until_true 300 sees_alice || note "the camera does not show alice: $(facelogin-enroll test --user alice 2>&1)"
    note "$(grep -v '^ *#\|^ *$' /etc/pam.d/gdm-password | tr -s ' \t' ' ' | tr '\n' ';')"
    systemctl start display-manager.service

    at_the_greeter
    shot 1-users
    asked "the user's face" match/matched ENTER
    opened "the user's face"
    told=$(head -n 1 /run/gdm-told)
    result "what GDM tells the module" "PAM_SERVICE=gdm-password PAM_TTY=/dev/tty1 PAM_TYPE=auth PAM_USER=alice " "$told"
    settled alice
    shot 2-session
    until_true 120 notified
    result "the session's own facelogin-notify" active "$(user is-active facelogin-notify.service)"

    # The lock screen of the same session; GDM checks for it, too.
    loginctl lock-session "$(active)"
    until_true 60 locked
    result "locked" yes "$(of "$(active)" LockedHint)"
    sleep 25
    asked "the lock screen, after the grace" match/matched ESC
    until_true 120 unlocked
    result "the lock screen, after the grace: open" no "$(of "$(active)" LockedHint)"
    leave

    in_front stranger
    at_the_greeter
    asked "a stranger" no_match/not_matching ENTER
    password 3-stranger
    opened "a stranger, then the password"
    leave

    in_front nobody
    at_the_greeter
    asked "nobody" unavailable/nobody_seen ENTER
    password 4-nobody
    opened "nobody, then the password"
    leave

    in_front frontal
    systemctl stop facelogind.socket facelogind.service
    at_the_greeter
    keys ENTER
    sleep 10
    password 5-stopped
    opened "facelogind stopped, then the password"
    systemctl start facelogind.socket facelogind.service

    sed 's/^/SEAT NOTE told: /' /run/gdm-told
    facelogin-enroll audit --limit 20 | sed 's/^/SEAT NOTE /'
    journalctl -b --no-pager -u usb-camera -u facelogind -u facelogin-vision | cut -c 1-200
    journalctl -b --no-pager | grep -aF 'gdm-password]'
}

main
finished
