#!/bin/bash
# Accounts, configuration and stacks of the booted system, as an administrator would set them up; once, before systemd
# runs. It is told in README.md what a scenario may count on.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

systemd-sysusers
useradd --create-home --shell /bin/bash alice
useradd --create-home --shell /bin/bash bob
# Only ever known to this image.
printf 'alice:alice-password\nbob:bob-password\nroot:root-password\n' | chpasswd --crypt-method SHA512
printf 'alice ALL=(ALL:ALL) ALL\nbob ALL=(ALL:ALL) ALL\n' >/etc/sudoers.d/people
chmod 0440 /etc/sudoers.d/people
# No greeting, no mail: what is on the terminal is what was asked for.
sed -i '/pam_motd\|pam_mail\|pam_lastlog/d' /etc/pam.d/login
touch /etc/default/locale /home/alice/.hushlogin /home/bob/.hushlogin

pam-auth-update --enable facelogin facelogin-password
systemctl --quiet enable facelogind.socket facelogin-vision.socket facelogind.service usb-camera.service facelogin-vm.service
# One way in for people, the serial line whose other end the scenarios hold; nothing sits at the other terminals.
systemctl --quiet enable serial-getty@ttyS0.service
mkdir -p /etc/systemd/system/serial-getty@ttyS0.service.d
# No colours, no pages: a terminal that prints. And more logins in ten seconds than a person makes.
printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nEnvironment=TERM=dumb\n' >/etc/systemd/system/serial-getty@ttyS0.service.d/vm.conf
printf 'SYSTEMD_PAGER=cat\nSYSTEMD_COLORS=0\nSYSTEMD_URLIFY=0\n' >>/etc/environment
systemctl --quiet mask getty@tty1.service getty-static.service serial-getty@ttyS1.service
# Starting a program is what takes long in a kernel in user mode: not for modules, of which there are none, nor for what
# keeps a machine in order over months.
systemctl --quiet mask modprobe@{configfs,dm_mod,drm,efi_pstore,fuse,loop}.service systemd-modules-load.service \
    systemd-update-utmp-runlevel.service systemd-pstore.service systemd-random-seed.service e2scrub_reap.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
systemctl --quiet set-default multi-user.target

# What a reboot leaves behind is on the disk, and nothing is left out.
mkdir -p /etc/systemd/journald.conf.d /var/log/journal
printf '[Journal]\nStorage=persistent\nRateLimitBurst=0\n' >/etc/systemd/journald.conf.d/vm.conf
