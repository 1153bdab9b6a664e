#!/bin/bash
# Runs in the system that `run.sh` boots: asks for the face from where the user is, and from where they are not, and
# compares what came of it. Says what it wants typed, and how things ended, on the serial line.
set -u
# shellcheck source=scenario.sh
. /usr/local/lib/facelogin-scenarios/scenario.sh

in_front() {
    rm -f /srv/camera/*
    cp "/srv/scenes/$1"/*.jpg /srv/camera/
}
# ask EXPECTED NAME PAM-TRY-OPTIONS...: expected is verdict/reason.
ask() {
    local expected=$1 name=$2 before after tries more
    shift 2
    # An emulated processor that is held up takes longer for a picture than the daemon gives a camera.
    for more in 1 2 3; do
        before=$(newest)
        /usr/local/bin/pam-try --confdir /etc/pam.d --answer '' "$@" >/tmp/said 2>&1
        after=$before
        tries=0
        # The question before the prompt is on record too.
        while [[ $after = "$before" || $after = *consent_needed ]] && [ "$tries" -lt 100 ]; do
            sleep 0.1
            after=$(newest)
            tries=$((tries + 1))
        done
        [ "$after" != "$before" ] || after="- nothing on record"
        [[ $after = *camera_unavailable || $after = *vision_unavailable ]] || break
        note "try $more of \"$name\": ${after#* }"
        until_true 120 vision_ready
    done
    result "$name" "$expected" "${after#* }"
}
session_on_tty1() {
    local session
    session=$(loginctl show-seat seat0 -p ActiveSession --value) && [ -n "$session" ] &&
        [ "$(loginctl show-session "$session" -p Name --value)" = alice ]
}

# The lines of the first terminal that are not empty, and whether one of them is this.
screen() { fold -w "$(stty -F /dev/tty1 size | cut -d ' ' -f 2)" /dev/vcs1 | sed 's/ *$//' | grep -a .; }
shown() { screen | grep -qaxF "$1"; }
remote_session() {
    local id
    for id in $(loginctl list-sessions --no-legend | awk '{ print $1 }'); do
        [ "$(loginctl show-session "$id" -p Remote --value)" != yes ] || return 0
    done
    return 1
}
no_remote_session() { ! remote_session; }
# hint SESSION true|false: what a lock screen tells logind.
hint() {
    local object
    object=$(busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager GetSession s "$1" | cut -d '"' -f 2)
    busctl call org.freedesktop.login1 "$object" org.freedesktop.login1.Session SetLockedHint b "$2" || note "SetLockedHint failed"
}

main() {
    note "$(systemctl --version | head -n 1), Linux $(uname -r), seat0: $(loginctl show-seat seat0 -p CanTTY -p CanGraphical | tr '\n' ' ')"
    mkdir -p /srv/camera
    in_front known
    until_true 300 vision_ready || note "the vision process is not ready: $(facelogin-enroll status)"
    facelogin-enroll add --unattended --user alice --image /srv/pictures/obama.jpg /srv/pictures/obama2.jpg
    # The same face, so that only where bob is can tell them apart.
    facelogin-enroll add --unattended --user bob --image /srv/pictures/obama.jpg /srv/pictures/obama2.jpg
    note "$(facelogin-enroll status --user alice | grep -E 'presence|user' | tr -s ' ' | tr '\n' ';')"

    # Nobody is logged in; the first terminal is in view.
    chvt 1
    until_true 20 grep -qx tty1 /sys/class/tty/tty0/active
    ask match/matched "login at the visible terminal" --service login --user alice --tty tty1
    ask unavailable/not_present "login at a hidden terminal" --service login --user alice --tty tty2
    ask unavailable/not_present "login at a pseudo-terminal" --service login --user alice --tty pts/0
    ask unavailable/not_present "login without a terminal" --service login --user alice
    # The module does not even ask.
    ask "nothing on record" "login from another machine" --service login --user alice --tty tty1 --rhost 192.0.2.1
    ask unavailable/not_present "sudo of somebody who is not logged in" --service sudo --user alice --ruser alice --tty pts/0
    ask unavailable/not_present "a greeter where no greeter is" --service gdm-password --user alice --tty tty1

    # The real thing, typed on the keyboard: name, Enter at the prompt, and a session opens.
    echo "SEAT KEYS alice ENTER"
    sleep 15
    echo "SEAT KEYS ENTER"
    until_true 150 session_on_tty1
    result "typed: a session of alice on seat0" alice "$(loginctl show-session "$(loginctl show-seat seat0 -p ActiveSession --value)" -p Name --value)"
    facelogin-enroll audit --limit 4 | sed 's/^/SEAT NOTE /'
    sleep 10
    echo "SEAT KEYS sudo SPACE id SPACE -u ENTER"
    sleep 20
    echo "SEAT KEYS ENTER"
    until_true 150 shown 0
    screen | tail -n 6 | sed 's/^/SEAT NOTE tty1: /'
    result "typed: sudo by face gives root" yes "$(shown 0 && echo yes || echo no)"
    result "typed: sudo tells that a face approved it" yes "$(shown 'facelogin: the face of alice approved sudo.' && echo yes || echo no)"

    ask match/matched "sudo of who sits there" --service sudo --user alice --ruser alice --tty pts/0
    # Nobody told of a lock, so the first attempt counts as its moment.
    ask unavailable/just_locked "an unlock of a session that is not locked" --service gdm-password --user alice --tty tty1
    ask unavailable/not_present "a lock screen of somebody else" --service hyprlock --user bob --tty tty1

    # Locked: nothing is raised, and nobody is let straight back in.
    local session
    session=$(loginctl show-seat seat0 -p ActiveSession --value)
    hint "$session" true
    note "LockedHint: $(loginctl show-session "$session" -p LockedHint --value)"
    ask unavailable/just_locked "a lock screen, just locked" --service hyprlock --user alice --tty tty1
    ask unavailable/not_present "sudo while the screen is locked" --service sudo --user alice --ruser alice --tty pts/0
    sleep 21
    ask match/matched "a lock screen after the grace" --service hyprlock --user alice --tty tty1
    hint "$session" false

    # Another terminal comes into view: hers is not the active one any more.
    chvt 3
    until_true 20 grep -qx tty3 /sys/class/tty/tty0/active
    sleep 2
    ask unavailable/not_present "sudo from a session that is not in view" --service sudo --user alice --ruser alice --tty pts/0
    ask match/matched "login at the terminal that came into view" --service login --user alice --tty tty3
    chvt 1
    until_true 20 grep -qx tty1 /sys/class/tty/tty0/active
    sleep 2

    # A shell over SSH may not borrow the face at the desk.
    ssh -i /root/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR alice@127.0.0.1 sleep 600 &
    local ssh=$!
    until_true 60 remote_session
    ask unavailable/not_present "sudo while there is a remote session" --service sudo --user alice --ruser alice --tty pts/0
    kill "$ssh"
    pkill -u alice -x sleep
    until_true 60 no_remote_session
    sleep 2
    ask match/matched "sudo after the remote session ended" --service sudo --user alice --ruser alice --tty pts/0

    # No logind, no face.
    systemctl mask --runtime systemd-logind.service
    systemctl stop systemd-logind.service
    ask unavailable/not_present "login without logind" --service login --user alice --tty tty1
    systemctl unmask --runtime systemd-logind.service
    systemctl start systemd-logind.service
    ask match/matched "login with logind back" --service login --user alice --tty tty1

    in_front stranger
    ask no_match/not_matching "a stranger's face at the visible terminal" --service login --user alice --tty tty1
}

main
finished
