#!/bin/bash
# What every system that is booted here has, into the folder of its root: accounts, facelogin's units and PAM profiles
# turned on as an administrator would, and the unit that runs inside.sh.
set -euo pipefail
root=$1

printf 'facelogin-seat\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost facelogin-seat\n' >"$root/etc/hosts"
printf '/dev/vda / ext4 rw 0 1\n' >"$root/etc/fstab"
chroot "$root" useradd --create-home --shell /bin/bash alice
chroot "$root" useradd --create-home --shell /bin/bash bob
# Only ever known to this image.
printf 'alice:alice-password\nbob:bob-password\nroot:root-password\n' | chroot "$root" chpasswd --crypt-method SHA512

chroot "$root" systemd-sysusers
DEBIAN_FRONTEND=noninteractive chroot "$root" pam-auth-update --enable facelogin
# The module's own time is longer than a person would wait.
sed -i 's/pam_facelogin\.so$/& timeout=30/' "$root/etc/pam.d/common-auth"

mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/etc/systemd/system/sockets.target.wants"
for unit in facelogind.socket facelogin-vision.socket; do
    ln -sf "/usr/lib/systemd/system/$unit" "$root/etc/systemd/system/sockets.target.wants/$unit"
done
ln -sf /usr/lib/systemd/system/facelogind.service "$root/etc/systemd/system/multi-user.target.wants/facelogind.service"
cat >"$root/etc/systemd/system/facelogin-scenarios.service" <<'EOF'
[Unit]
Description=What is tried in this system
After=multi-user.target getty@tty1.service ssh.service

[Service]
Type=exec
ExecStart=/usr/local/lib/facelogin-scenarios/inside.sh
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
EOF
ln -sf ../facelogin-scenarios.service "$root/etc/systemd/system/multi-user.target.wants/facelogin-scenarios.service"
# Nothing here speaks to a serial terminal but the scenarios.
ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"
