#!/bin/bash
# `login` at a terminal: by face at an empty answer, by password whatever the face does.
# limit: 150 s
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

# try NAME VERDICT SCANS STEPS...: logs in by these steps, and compares what is on record, and how often the camera opened.
try() {
    local name=$1 verdict=$2 scans=$3 last before
    shift 3
    last=$(newest) before=$(starts)
    log_in "${name// /-}" "$@" "$in_shell"
    result "$name: the session opens" 0 $?
    result "$name: on record" "$verdict" "$(attempt_after "$last")"
    result "$name: the camera was opened" "$scans times" "$(($(starts) - before)) times"
    holds "$name: the camera is closed" closed
}
started
try "r03 by face" match/matched 1 "expect $question" "send"
facelogin-enroll --json doctor --user alice >"$kept/doctor" 2>&1
result "doctor finds no broken link" 0 $?
link() { jq -r "[.links[] | select(.link == \"$1\") | .state] | unique | join(\" \")" "$kept/doctor"; }
for name in "pam module" units socket daemon "in effect" vision models faces presence; do
    result "doctor: $name" ok "$(link "$name")"
done
in_front stranger
try "r21 another face, then the password" no_match/not_matching 1 "expect $question" "send" "expect Password:" "secret alice-password"
in_front nobody
try "nobody, then the password" unavailable/nobody_seen 1 "expect $question" "send" "expect Password:" "secret alice-password"
in_front known
last=$(newest) before=$(starts)
log_in typed "expect $question" "secret alice-password" "$in_shell"
result "the password typed at once: the session opens" 0 $?
result "the camera was not opened" "$before" "$(starts)"
log_in wrong "expect $question" "secret not-her-password" "expect Login incorrect" "expect login:" "send alice" "expect $question" "secret alice-password" "$in_shell"
result "a wrong password is refused, then the right one" 0 $?
log_in again "expect $question" "secret not-her-password" "expect Login incorrect" "expect login:" "send alice" "expect $question" "send" "$in_shell"
result "a wrong password, then the face" 0 $?

configured '/^\[services.login\]/,/^trigger/s/^trigger = .*/trigger = "immediate"/'
try "immediate, by face" match/matched 1
in_front stranger
try "immediate, another face, then the password" no_match/not_matching 1 "expect Password:" "secret alice-password"
in_front nobody
try "immediate, nobody, then the password" unavailable/nobody_seen 1 "expect Password:" "secret alice-password"
