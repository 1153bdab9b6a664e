#!/bin/bash
# The units are up as they ship, and the process that sees is held as its unit and itself promise.
# limit: 60 s
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh

for unit in facelogind.socket facelogind.service facelogin-vision.socket facelogin-vision.service; do
    until_true 20 systemctl is-active "$unit"
    result "$unit" active "$(systemctl is-active "$unit")"
done
result "units that failed" "" "$(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | tr '\n' ' ')"
mode() { stat --format '%F %U:%G %a' "$1"; }
result "the socket of logins" "socket root:root 666" "$(mode /run/facelogin/org.facelogin.Login)"
result "its folder" "directory root:root 755" "$(mode /run/facelogin)"
result "the socket to the process that sees" "socket root:root 600" "$(mode /run/facelogin-vision/socket)"
result "its folder" "directory root:root 700" "$(mode /run/facelogin-vision)"
result "the store's folder" "directory root:root 700" "$(mode /var/lib/facelogin)"
holds "the vision process becomes ready" until_true 30 vision_ready

pid=$(systemctl show --property MainPID --value facelogin-vision.service)
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr -s '\t ' ' '; }
result "its user" "facelogin facelogin" "$(stat --format '%U %G' "/proc/$pid")"
result "its groups" "facelogin video" "$(status Groups | xargs -n 1 getent group | cut -d : -f 1 | sort | xargs)"
result "its capabilities" 0000000000000000 "$(status CapBnd)"
result "new privileges are barred" 1 "$(status NoNewPrivs)"
result "system calls are filtered" 2 "$(status Seccomp)"
# The unit's filters, and its own.
note "filters of system calls: $(status Seccomp_filters)"
result "its network has no device but the loop" lo "$(nsenter --target "$pid" --net ls /sys/class/net 2>/dev/null | xargs)"
holds "this kernel has Landlock" grep -qw landlock /sys/kernel/security/lsm
result "the process that sees does not go without it" "" "$(journalctl --boot --no-pager --output cat --unit facelogin-vision.service --grep landlock 2>/dev/null | grep -v '^-- ')"
