# shellcheck shell=bash
# Sourced, after packaging/common.sh, by what makes a Debian to boot: its folder by debootstrap, and the packages of the
# shared libraries that our programs ask for.
. /etc/os-release

# libraries_of PROGRAM...: the files of the shared libraries that they load, one a line.
libraries_of() { ldd "$@" | awk '$3 ~ /^\// { print $3 }' | sort -u | xargs -n 1 readlink -f | sort -u; }

# packages_of FILE...: the packages that these libraries come from, one a line. Takes a second or two.
packages_of() { printf '%s\n' "$@" | sed 's|^\(/usr\)\?/lib|*/lib|' | xargs dpkg -S | cut -d: -f1 | sort -u; }

# key_of TEXT...: what of the release and of these decides about a cached file, in a few digits.
key_of() { printf '%s ' "$VERSION_CODENAME" "$@" | sha256sum | cut -c 1-12; }

# forget PATTERN FILE: of what is cached by this pattern, keeps FILE and what was used within two weeks: by another branch,
# perhaps.
forget() {
    touch -c "$2"
    # shellcheck disable=SC2154 # common.sh's
    find "$cache" -maxdepth 1 -type f -name "$1" -mtime +14 -delete
}

# debian FOLDER LOG PACKAGE...: this machine's release, the smallest there is, with these packages. Whole or not at all.
debian() {
    local folder=$1 log=$2 mirror list
    shift 2
    is_root || die "making a file system needs root"
    command -v debootstrap >/dev/null || die "debootstrap is not there; packaging/deps.sh debootstrap installs it"
    # shellcheck disable=SC2016 # apt's own field
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
    [ -n "$mirror" ] || die "apt knows no mirror of packages"
    list=$(printf '%s,' "$@")
    rm -rf "$folder.unfinished"
    debootstrap --variant=minbase --include="${list%,}" "$VERSION_CODENAME" "$folder.unfinished" "$mirror" >"$log" 2>&1 ||
        die "debootstrap failed; $log tells why"
    rm -rf "$folder.unfinished"/var/cache/apt/archives/*.deb "$folder.unfinished"/var/lib/apt/lists/*
    mv "$folder.unfinished" "$folder"
}
