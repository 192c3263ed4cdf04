#!/usr/bin/env bash
# Packs a release archive.
# usage: archive.sh BINARY TARGET FOLDER    writes FOLDER/meshlint-TARGET.tar.gz and its checksum
set -euo pipefail

binary=$(realpath "$1") target=$2 folder=$3
root=$(cd "$(dirname "$0")/.." && pwd)
case "$target" in *windows*) suffix=.exe ;; *) suffix= ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$binary" "$work/meshlint$suffix"
# kubectl finds plugins by their names.
cp "$binary" "$work/kubectl-meshlint$suffix"
cp "$root/README.md" "$root/LICENSE" "$root/CHANGELOG.md" "$work"
mkdir -p "$work/completions" "$work/man" "$folder"
# A binary for another machine cannot be asked; MESHLINT_NATIVE is one that can.
native=${MESHLINT_NATIVE:-$binary}
"$native" completions bash >"$work/completions/meshlint.bash"
"$native" completions fish >"$work/completions/meshlint.fish"
"$native" completions zsh >"$work/completions/_meshlint"
"$native" man "$work/man"

name=meshlint-$target.tar.gz
tar --create --gzip --file "$folder/$name" --directory "$work" \
  "meshlint$suffix" "kubectl-meshlint$suffix" README.md LICENSE CHANGELOG.md completions man
if command -v sha256sum >/dev/null; then
  (cd "$folder" && sha256sum "$name" >"$name.sha256")
else
  (cd "$folder" && shasum --algorithm 256 "$name" >"$name.sha256")
fi
