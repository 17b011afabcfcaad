#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names the C files that clang-format would change, and in how many places. With --strict that fails.
set -u
. "$(dirname "$0")/sources.sh"
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
# Each version lays a few things out differently.
[ "${1:-}" != --strict ] || clang-format --version | grep -q 'version 14\.' || { echo "skipped: Debian 12's clang-format 14 decides"; exit 77; }
changed=$(sources '*.c' '*.h' | tr '\n' '\0' | xargs -0 -n 100 clang-format --style=file --dry-run --ferror-limit=0 2>&1 |
	sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: code should be clang-formatted.*/\1/p' | sort | uniq -c |
	awk '{ print $2 ": " $1 " places" }')
[ -z "$changed" ] || echo "$changed"
echo "$(grep -c . <<<"$changed") of $(sources '*.c' '*.h' | wc -l) files differ from .clang-format"
[ "${1:-}" != --strict ] || [ -z "$changed" ]
