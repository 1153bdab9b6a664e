# shellcheck shell=sh
# Sourced by demo.sh: what is tried, and what must come of it.
# shellcheck disable=SC2154 # demo.sh sets the variables in lower case

checks=0
wrong=0
# Counts a check; prints the mark of one that failed.
check() {
    checks=$((checks + 1))
    mark=' '
    [ "$1" = "$2" ] || { wrong=$((wrong + 1)); mark='!'; }
}

templates() { enroll --json list --user "$1" | grep -o '"id":' | wc -l; }

# enrolment WHAT EXIT WORDS FILE...: the exit code, words of the message, and that it is stored or nothing is.
enrolment() {
    what=$1 expected=$2 words=$3
    shift 3
    before=$(templates "$known")
    status=0
    reply=$(enroll add --unattended --user "$known" --label "$what" --image "$@" 2>&1) || status=$?
    stored=$(($(templates "$known") - before))
    outcome=$status,$stored
    case $reply in *"$words"*) ;; *) outcome="$outcome, other words" ;; esac
    if [ "$expected" = 0 ]; then check "$outcome" 0,1; else check "$outcome" "$expected,0"; fi
    if [ "$stored" = 0 ]; then stored="nothing"; else stored="$stored template"; fi
    printf '%s %-34s exit %s, stored: %s\n' "$mark" "$what" "$status" "$stored"
    printf '%s\n' "$reply" | sed "s|$place/||; s|$cache/||; s/^/      /"
}

enrolments() {
    pictures=$cache/pictures scenes=$place/scenes
    say "Enrolment from pictures (facelogin-enroll add --unattended --user $known --image FILE...)"
    enrolment "an empty room" 5 "no face" "$scenes/nobody/00.jpg"
    enrolment "two people" 5 "more than one face" "$scenes/two/00.jpg"
    enrolment "cut off by the edge" 5 "cut off" "$pictures/obama_partial_face.jpg"
    enrolment "too far away" 5 "too small" "$scenes/small/00.jpg"
    enrolment "blurred" 5 "blurred" "$scenes/blurred/00.jpg"
    enrolment "not a picture" 5 "text.jpg" "$scenes/text.jpg"
    enrolment "two pictures of one person" 0 "" "$pictures/obama.jpg" "$pictures/obama2.jpg"
    say
}

# login SCENE WHAT USER SERVICE CODE VERDICT REASON [OPTION...]: one attempt, noted; VERDICT - says that the daemon
# must not have been asked.
login() {
    scene=$1 what=$2 user=$3 service=$4 code=$5 verdict=$6 reason=$7
    shift 7
    [ "$scene" = "-" ] || in_front "$scene"
    # The last line; before it stands what the user was told.
    reply=$("$bins/pam-try" --confdir "$place/pam.d" --service "$service" --user "$user" "$@" | tail -n 1) || true
    printf '%s\t' "$what" "$user" "$service" "$code" "$verdict" "$reason" >>"$place/noted"
    printf '%s\n' "$reply" >>"$place/noted"
}

logins() {
    login known "the enrolled person" "$known" login PAM_SUCCESS match matched
    login stranger "another person" "$known" login PAM_AUTH_ERR no_match not_matching
    login nobody "an empty room" "$known" login PAM_AUTHINFO_UNAVAIL unavailable nobody_seen
    login two "two people, equally near" "$known" login PAM_AUTHINFO_UNAVAIL unavailable several_faces
    login behind "the person, another far behind" "$known" login PAM_SUCCESS match matched
    login edge "the person, half out of view" "$known" login PAM_AUTHINFO_UNAVAIL unavailable poor_view
    login unplugged "no camera" "$known" login PAM_AUTHINFO_UNAVAIL unavailable camera_unavailable
    login known "the enrolled person" "$unknown" login PAM_AUTHINFO_UNAVAIL unavailable not_enrolled
    login - "the enrolled person" no-such-user login PAM_USER_UNKNOWN - -
    login - "the enrolled person" "$known" sshd PAM_AUTHINFO_UNAVAIL unavailable service_not_allowed
    login - "the person, from another machine" "$known" login PAM_AUTHINFO_UNAVAIL - - --rhost desk.example
    login - "the enrolled person, once more" "$known" login PAM_SUCCESS match matched
    # Who it is does not depend on who asks to be let in.
    identified=$(enroll identify 2>&1) || true
    stop_daemon
    login - "daemon stopped" "$known" login PAM_AUTHINFO_UNAVAIL - -
    # Verdict and reason are the daemon's to know: libpam is told a code. Its record is free now that it has ended.
    "$bins/attempts" "$place/state" >"$place/record"
    table
}

# The table: what was noted, each beside its line of the record.
table() {
    say "Logins (libpam: pam_authenticate, pam_setcred, pam_acct_mgmt)"
    printf '  %-32s %-13s %-6s %-21s %-21s %6s\n' "in front of the camera" user service "PAM code" reason ms
    tab=$(printf '\t')
    while IFS=$tab read -r what user service code verdict reason reply <&3; do
        got_verdict="-" got_reason="-" shown="(not asked)"
        if [ "$verdict" != "-" ]; then
            read -r got_verdict got_reason _ <&4 || true
            shown=$got_reason
        fi
        got_code=${reply%% *}
        check "$got_code $got_verdict $got_reason" "$code $verdict $reason"
        took=${reply##*after } took=${took% ms}
        printf '%s %-32s %-13s %-6s %-21s %-21s %6s\n' \
            "$mark" "$what" "$user" "$service" "$got_code" "$shown" "$took"
        [ "$mark" = ' ' ] || say "      expected: $code, verdict $verdict, reason $reason; the daemon's: $got_verdict"
    done 3<"$place/noted" 4<"$place/record"
}

identification() {
    say
    say "Who is in front of the camera? (facelogin-enroll identify)"
    named=$(printf '%s\n' "$identified" | awk 'NR == 2 { print $1 }')
    check "$named" "$known"
    printf '%s\n' "$identified" | sed "s/^/$mark     /"
    check "$(wc -l <"$place/record") attempts" "$(awk -F '\t' '$5 != "-"' "$place/noted" | wc -l) attempts"
    [ "$mark" = ' ' ] || say "! the daemon has another number of attempts on record than were made"
}
