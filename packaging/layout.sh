# shellcheck shell=sh disable=SC2034
# Sourced by install.sh and uninstall.sh: where everything goes. PREFIX and DESTDIR come from the Makefile.
DESTDIR=${DESTDIR:-}
PREFIX=${PREFIX:-/usr}

# libpam looks in one folder, wherever we are put: the one that holds its own modules.
pam_folder() {
    for found in /usr/lib/*/security/pam_unix.so /usr/lib64/security/pam_unix.so /usr/lib/security/pam_unix.so \
        /lib/*/security/pam_unix.so /lib64/security/pam_unix.so /lib/security/pam_unix.so; do
        if [ -e "$found" ]; then
            printf '%s\n' "${found%/*}"
            return
        fi
    done
    die "no folder of PAM modules was found: none of the usual ones holds pam_unix.so"
}

daemon=$PREFIX/libexec/facelogind
cli=$PREFIX/bin/facelogin-enroll
module=$(pam_folder)/pam_facelogin.so
# pam-auth-update knows this folder only.
pam_profile=/usr/share/pam-configs/facelogin
units="facelogind.socket facelogind.service facelogin-vision.socket facelogin-vision.service"
unit_folder=$PREFIX/lib/systemd/system
# Of each user's own systemd.
user_unit=facelogin-notify.service
user_unit_folder=$PREFIX/lib/systemd/user
# The password that changing faces takes; no login uses it.
pam_service=/etc/pam.d/facelogin-enroll
sysusers=$PREFIX/lib/sysusers.d/facelogin.conf
tmpfiles=$PREFIX/lib/tmpfiles.d/facelogin.conf
config=/etc/facelogin/facelogin.toml
models=$PREFIX/share/facelogin/models
