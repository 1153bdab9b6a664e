#!/bin/sh
# Installs what was built: programs, module, configuration, models, units. PAM's own stacks stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/layout.sh"

is_root || [ -n "$DESTDIR" ] || die "this must be run as root: sudo make install"
[ -f "$bins/facelogind" ] || die "$bins/facelogind is not there; build first: make build"

put() { install -D -m "$1" "$2" "$DESTDIR$3"; say "  $3"; }
# Without what only a debugger reads: most of it is dlib's.
# Beside its place first: a login meanwhile loads the old one or the new one, whole.
put_program() {
    install -D -m "$1" "$2" "$DESTDIR$3.new"
    ! command -v strip >/dev/null || strip --strip-debug "$DESTDIR$3.new"
    mv -f "$DESTDIR$3.new" "$DESTDIR$3"
    say "  $3"
}

say "Installing into ${DESTDIR:-/}:"
put_program 0755 "$bins/facelogind" "$daemon"
put_program 0755 "$bins/facelogin-enroll" "$cli"
put_program 0644 "$bins/libpam_facelogin.so" "$module"
for profile in $pam_profiles; do
    put 0644 "$here/pam-configs/$profile" "$pam_profile_folder/$profile"
done
for unit in $units; do
    put 0644 "$here/systemd/$unit" "$unit_folder/$unit"
    sed -i "s|/usr/libexec/facelogind|$daemon|" "$DESTDIR$unit_folder/$unit"
done
put 0644 "$here/systemd/user/$user_unit" "$user_unit_folder/$user_unit"
sed -i "s|/usr/bin/facelogin-enroll|$cli|" "$DESTDIR$user_unit_folder/$user_unit"
if [ -e "$DESTDIR$pam_service" ]; then
    say "  $pam_service is there already and stays as it is"
else
    put 0644 "$here/pam.d/facelogin-enroll" "$pam_service"
fi
put 0644 "$here/sysusers.conf" "$sysusers"
put 0644 "$here/tmpfiles.conf" "$tmpfiles"
if [ -e "$DESTDIR$config" ]; then
    say "  $config is there already and stays as it is"
else
    put 0644 "$here/../config/facelogin.toml" "$config"
fi
if [ -d "$cache/models" ]; then
    # Verified on the way, and root's.
    fetch() { "$bins/facelogin-enroll" models fetch --from "$cache/models" --to "$DESTDIR$models" --set "$1" >/dev/null; }
    fetch dlib
    if [ -f "$cache/models/antispoof.onnx" ]; then fetch liveness; fi
    if [ -f "$cache/models/face_recognition_sface_2021dec.onnx" ]; then fetch onnx; fi
    say "  $models"
else
    say "The models are still to be fetched: sudo facelogin-enroll models fetch --to $models"
fi

if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then
    systemd-sysusers "$sysusers"
    systemd-tmpfiles --create "$tmpfiles"
    systemctl daemon-reload
    systemctl enable --now facelogind.socket facelogin-vision.socket
    # The one that was running, if it was, is not the one that was installed.
    systemctl stop facelogin-vision.service
    systemctl enable facelogind.service
    systemctl restart facelogind.service
    # In every desktop session from the next login on.
    systemctl --global enable "$user_unit"
    say "facelogind is running."
else
    say
    say "No systemd is running for what was installed. When it is, as root:"
    say "  systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload"
    say "  systemctl enable --now facelogind.socket facelogin-vision.socket facelogind.service"
    say "  systemctl --global enable $user_unit"
fi

cat <<EOF

Logins do not use the face yet. Enrol, and try it, first:
  sudo facelogin-enroll add --user NAME
  sudo facelogin-enroll test --user NAME
Then turn it on for the services that $config allows, and see what each login does with the face:
  sudo facelogin-enroll pam enable login gdm-password
  facelogin-enroll pam status
The way back, whatever happened: sudo facelogin-enroll pam disable --all
EOF
