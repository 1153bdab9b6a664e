#!/bin/bash
# Prints the program that is a kernel in user mode: built from Debian's source of it, with what kernel.config names, and
# kept in the cache. With --cached: only if it is there already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"
. "$here/../root.sh"

[ "$(uname -m)" = x86_64 ] || die "this kernel is built for x86_64 only"
# The release's own: linux-source depends on the one with a number.
package=$(dpkg-query -W -f '${Depends}' linux-source 2>/dev/null | sed 's/ .*//' || true)
archive=/usr/src/$package.tar.xz
if [ -z "$package" ] || [ ! -f "$archive" ]; then
    die "linux-source is not there; packaging/deps.sh --tests installs it"
fi
version=$(dpkg-query -W -f '${Version}' "$package")
kernel=$cache/kernel-$(key_of "$package" "$version" "$(cat "$0" "$here/kernel.config")")
if [ ! -x "$kernel" ]; then
    [ "${1:-}" != --cached ] || die "the kernel is still to be built: make vm-base"
    mkdir -p "$cache"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    log=$cache/kernel.log
    printf 'Building %s %s, some minutes; %s tells how far it is\n' "$package" "$version" "$log" >&2
    (
        # Not what only graphics cards want: a quarter of all there is.
        tar -C "$work" --strip-components=1 --exclude='*/drivers/gpu/drm/amd/include/*' --exclude='*/Documentation/*/*' \
            -xf "$archive"
        # Landlock is kept from this architecture because a root on hostfs has inodes that do not last. This one's root is ext4.
        sed -i 's/ && !ARCH_EPHEMERAL_INODES//' "$work/security/landlock/Kconfig"
        make -C "$work" ARCH=um KCONFIG_ALLCONFIG="$here/kernel.config" allnoconfig
        # An option that another one keeps off would vanish without a word.
        missing=$(grep '=[^n]' "$here/kernel.config" | grep -vxFf "$work/.config" || true)
        [ -z "$missing" ] || die "this kernel does not take: $missing"
        make -C "$work" ARCH=um -j "$(nproc)" linux
    ) >"$log" 2>&1 </dev/null || die "the kernel was not built: $(tail -n 5 "$log")"
    strip --strip-debug "$work/linux"
    cp "$work/linux" "$kernel.$$"
    mv "$kernel.$$" "$kernel"
fi
forget 'kernel-*' "$kernel"
printf '%s\n' "$kernel"
