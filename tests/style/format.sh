#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names the C files that clang-format would change, and by how many lines. A report: with --strict it fails too.
set -u
. "$(dirname "$0")/sources.sh"
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
changed=0 count=0
while IFS= read -r file; do
	count=$((count + 1))
	lines=$(clang-format --style=file "$file" 2>/dev/null | diff "$file" - | grep -c '^>')
	[ "$lines" -eq 0 ] || { changed=$((changed + 1)); echo "$file: $lines lines"; }
done < <(sources '*.c' '*.h')
echo "$changed of $count files differ from .clang-format"
[ "${1:-}" != --strict ] || [ "$changed" -eq 0 ]
