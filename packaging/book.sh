#!/usr/bin/env bash
# Puts the pages of the book together: docs/, and a page for each rule, as `meshlint explain` prints it.
# usage: book.sh MESHLINT FOLDER    then: mdbook build (book.toml reads FOLDER target/book-src)
set -euo pipefail

meshlint=$(realpath "$1") folder=$2
root=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$folder"
mkdir -p "$folder/rules"
cp "$root"/docs/*.md "$folder"
cp "$root/editors/vscode/README.md" "$folder/vscode.md"
cp "$root/CHANGELOG.md" "$folder/changelog.md"
# Links out of docs/ lead to copies.
sed -i.bak -e 's|(\.\./editors/vscode/README\.md)|(vscode.md)|g' -e 's|(\.\./rules/|(rules/|g' \
  -e 's|(\.\./CHANGELOG\.md)|(changelog.md)|g' "$folder"/*.md
rm "$folder"/*.bak
{
  cat "$root/docs/SUMMARY.md"
  echo
  echo "# Rules"
  echo
  "$meshlint" rules --format json |
    awk -F'"' '/^    "code"/ { code = $4 } /^    "name"/ { print code, $4 }' |
    while read -r code name; do
      "$meshlint" explain "$code" >"$folder/rules/$code.md"
      echo "- [$code $name](rules/$code.md)"
    done
} >"$folder/SUMMARY.md"
