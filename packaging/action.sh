#!/usr/bin/env bash
# The steps of the GitHub Action: install, check, rollout. Inputs come as variables, never as text of a script.
set -euo pipefail

REPOSITORY=https://github.com/meshlint/meshlint

fail() {
  echo "::error::$1"
  exit 2
}

# The target of a release archive for this machine.
target() {
  local machine
  case "$(uname -m)" in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no release for $(uname -m)" ;;
  esac
  case "$(uname -s)" in
    Linux) echo "$machine-unknown-linux-musl" ;;
    Darwin) echo "$machine-apple-darwin" ;;
    MINGW* | MSYS*) echo "$machine-pc-windows-msvc" ;;
    *) fail "there is no release for $(uname -s)" ;;
  esac
}

# Verifies an archive against the checksum beside it.
verify() {
  local folder=$1 archive=$2
  if command -v sha256sum >/dev/null; then
    (cd "$folder" && sha256sum --check --quiet "$archive.sha256")
  else
    (cd "$folder" && shasum --algorithm 256 --check --quiet "$archive.sha256")
  fi
}

install() {
  local version=${MESHLINT_VERSION:-}
  if [ "$version" = installed ]; then
    command -v meshlint >/dev/null || fail "version is installed, and meshlint is not on the PATH"
    return
  fi
  # A tag of the action is the version; a branch or commit is none.
  if [ -z "$version" ]; then
    case "${MESHLINT_ACTION_REF:-}" in
      v[0-9]*.[0-9]*.[0-9]*) version=$MESHLINT_ACTION_REF ;;
      *) version=latest ;;
    esac
  fi
  local base=${MESHLINT_RELEASES:-$REPOSITORY/releases}/download/$version
  [ "$version" = latest ] && base=${MESHLINT_RELEASES:-$REPOSITORY/releases}/latest/download
  local archive folder
  archive="meshlint-$(target).tar.gz"
  folder="${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:?}}/meshlint/$version"
  if [ "$version" = latest ] || [ ! -x "$folder/meshlint" ]; then
    mkdir -p "$folder"
    local name
    for name in "$archive" "$archive.sha256"; do
      curl --fail --silent --show-error --location --retry 3 --output "$folder/$name" "$base/$name" ||
        fail "cannot fetch $base/$name"
    done
    verify "$folder" "$archive" || fail "$archive is not what its checksum says"
    tar --extract --gzip --file "$folder/$archive" --directory "$folder"
  fi
  echo "$folder" >>"${GITHUB_PATH:?}"
}

# The lines of a variable as arguments, blank lines left out.
lines() {
  local line
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || arguments+=("$line")
  done <<<"$1"
}

check() {
  local temporary=${RUNNER_TEMP:?} arguments=() format=human status=0
  local sarif=$temporary/meshlint.sarif json=$temporary/meshlint.json
  [ "${MESHLINT_ANNOTATIONS:-true}" = true ] && format=github
  lines "${MESHLINT_ARGS:-}"
  arguments+=(--)
  lines "${MESHLINT_PATHS:-.}"
  meshlint check --format "$format" --fail-on "${MESHLINT_FAIL_ON:-error}" \
    --output "sarif=$sarif" --output "json=$json" "${arguments[@]}" || status=$?
  {
    [ -f "$sarif" ] && echo "sarif-file=$sarif"
    echo "findings=$(count "$json")"
    echo "exit-code=$status"
  } >>"${GITHUB_OUTPUT:?}"
}

# The number of findings in a JSON report, which its summary tells at the end.
count() {
  [ -f "$1" ] || { echo 0; return; }
  local numbers
  numbers=$(sed -n 's/.*"summary":{.*"errors":\([0-9]*\),"warnings":\([0-9]*\),"infos":\([0-9]*\).*/\1 + \2 + \3/p' "$1")
  echo $((numbers))
}

rollout() {
  local page=${RUNNER_TEMP:?}/meshlint-rollout.md status=0
  meshlint rollout --git "${MESHLINT_BASE:?}" . --format markdown >"$page" || status=$?
  # 1 says that there is no order; the page tells why.
  [ "$status" -le 1 ] || fail "the rollout cannot be worked out; fetch the base: fetch-depth 0"
  gh pr comment "${MESHLINT_PULL_REQUEST:?}" --body-file "$page" --edit-last --create-if-none
}

case "${1:-}" in
  install | check | rollout) "$1" ;;
  *) fail "usage: action.sh install|check|rollout" ;;
esac
