#!/bin/sh
# Undoes install.sh. Configuration and faces stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/layout.sh"

is_root || [ -n "$DESTDIR" ] || die "this must be run as root: sudo make uninstall"

if [ -z "$DESTDIR" ]; then
    # Before the module goes: a stack that names a missing module fails.
    if command -v pam-auth-update >/dev/null; then
        # shellcheck disable=SC2086 # a list of names
        pam-auth-update --package --remove $pam_profiles
    fi
    # Not what is nobody's service: backups, of this program's own too.
    named=$(grep -ls '^[^#]*pam_facelogin\.so' /etc/pam.d/* /usr/lib/pam.d/* /usr/etc/pam.d/* |
        grep -v -e '\.facelogin-' -e '\.dpkg-' -e '\.pam-' -e '\.rpm' -e '\.pac' -e '\.bak' -e '~$' || true)
    [ -z "$named" ] || die "these still name the module; take its line out first:
$named"
    if [ -d /run/systemd/system ]; then
        # shellcheck disable=SC2086 # a list of names
        systemctl disable --now $units 2>/dev/null || true
        systemctl --global disable "$user_unit" 2>/dev/null || true
    fi
fi
for unit in $units; do
    rm -f "$DESTDIR$unit_folder/$unit"
done
# One that an administrator changed stays, as configuration does; nothing but our program uses it.
if cmp -s "$here/pam.d/facelogin-enroll" "$DESTDIR$pam_service"; then
    rm -f "$DESTDIR$pam_service"
fi
for profile in $pam_profiles; do
    rm -f "$DESTDIR$pam_profile_folder/$profile"
done
for file in "$daemon" "$cli" "$module" "$user_unit_folder/$user_unit" "$sysusers" "$tmpfiles"; do
    rm -f "$DESTDIR$file"
done
rm -rf "$DESTDIR${models:?}"
rmdir "$DESTDIR${models%/*}" 2>/dev/null || true
if [ -z "$DESTDIR" ]; then
    rm -rf /run/facelogin /run/facelogin-vision
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
say "Removed. These stay: ${config%/*} (configuration), /var/lib/facelogin (faces and their key), and the account"
say "\"facelogin\". To remove them too: rm -r ${config%/*} /var/lib/facelogin; userdel facelogin"
