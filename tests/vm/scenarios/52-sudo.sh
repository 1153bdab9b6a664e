#!/bin/bash
# `sudo` in a session at a terminal: by face at an empty answer, and never without being asked.
# limit: 150 s
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

# as_root NAME VERDICT STEPS...: `sudo -k id -u` in alice's session, answered by these steps.
as_root() {
    local name=$1 verdict=$2 last
    shift 2
    last=$(newest)
    log_in "${name// /-}" "expect $question" "secret alice-password" 'expect $' \
        "send sudo -k; sudo sh -c 'echo I have become \$(id -un).'" "$@" "expect I have become root."
    result "$name: root" 0 $?
    result "$name: on record" "$verdict" "$(attempt_after "$last")"
    holds "$name: the camera is closed" closed
}
started
as_root "r26 enter, by face" match/matched "expect $question" "send"
holds "r26 it is said that the face did it" shown "$kept/r26-enter,-by-face" "the face of alice approved sudo"
holds "r26 and is on record in the journal" eval "journalctl --boot --no-pager -o cat | grep -q 'sudo.*alice\|alice.*sudo'"
in_front stranger
as_root "enter, another face, then the password" no_match/not_matching "expect $question" "send" "expect assword" "secret alice-password"
in_front nobody
as_root "enter, nobody, then the password" unavailable/nobody_seen "expect $question" "send" "expect assword" "secret alice-password"
in_front known
before=$(starts)
log_in typed "expect $question" "secret alice-password" 'expect $' "send sudo -k; sudo sh -c 'echo I have become \$(id -un).'" \
    "expect $question" "secret alice-password" "expect I have become root."
result "the password typed at once: root" 0 $?
result "the camera was not opened" "$before" "$(starts)"

# The other trigger is not to be had for it: a face in view is no consent.
sed '/^\[services.sudo\]/,/^trigger/s/^trigger = .*/trigger = "immediate"/' "$shipped" >"$kept/immediate.toml"
facelogin-enroll config check "$kept/immediate.toml" >"$kept/refused" 2>&1
holds "r26 immediate is refused for sudo" test $? -ne 0
holds "r26 with the reason" shown "$kept/refused" "no consent"
