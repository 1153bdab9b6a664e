# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the scenarios in which people log in: who is enrolled, what the configuration says, what they type.

shipped=/etc/facelogin/facelogin.toml
# What is left there comes to lie with the artefacts.
kept=/srv/host/out/$scenario
mkdir -p "$kept"

# restarted: both processes anew, as after a change of the configuration.
restarted() {
    systemctl restart facelogin-vision.service facelogind.service
    until_true 30 vision_ready
}
# configured SED-SCRIPT: the configuration of this scenario alone; `started` puts back what was there.
configured() {
    [ -e "$state/facelogin.toml" ] || cp "$shipped" "$state/facelogin.toml"
    sed "$1" "$state/facelogin.toml" >"$shipped"
    facelogin-enroll config check >/dev/null || note "the configuration of this scenario is refused"
    restarted
}
# started: what every scenario finds, with the configuration that all share, and alice enrolled in colour from the camera.
started() {
    if [ -e "$state/facelogin.toml" ] && ! cmp -s "$state/facelogin.toml" "$shipped"; then
        cp "$state/facelogin.toml" "$shipped"
        restarted
    fi
    fresh
    facelogin-enroll unlock --user alice >/dev/null 2>&1
    facelogin-enroll --json list --user alice | jq -e '.templates | map(select(.kind == "colour" and .camera != "pictures")) | length > 0' >/dev/null || {
        in_front frontal
        facelogin-enroll add --unattended --user alice --camera colour >/dev/null
        in_front known
    }
}
streams() { [ "$(camera state "$1.streaming")" = true ]; }
unused() { ! streams colour && ! streams infrared; }
# The camera is let go of. Closing takes up to a frame.
closed() { until_true 3 unused; }
# How often the colour camera was started.
starts() { camera state colour.opened; }
# shown FILE TEXT
shown() { grep -qaF -- "$2" "$1"; }

# What login and sudo ask, as the module puts it.
question='Password, or Enter to use your face:'
# log_in NAME STEPS...: alice at the serial line, and out again at the end; what the terminal showed lies in $kept/NAME.
# The steps begin after her name, and end in the shell.
log_in() {
    local name=$1
    shift
    fresh_line
    at_line "expect login:
        send alice
        $(printf '%s\n' "$@")
        send exit
        expect login:" >"$kept/$name" 2>&1
}
# shellcheck disable=SC2016 # her shell says it
in_shell='expect $
    send echo "I am $(id -un) on $(tty)"
    expect I am alice on /dev/ttyS0'
