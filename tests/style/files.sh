#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What holds for every source file: the licence line first, no spaces at line ends, no paths of one machine, no
# binary files; a warning (no failure) for a file of more than 800 lines.
set -u
. "$(dirname "$0")/sources.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-style.XXXXXX")
trap 'rm -rf "$work"' EXIT

sources | grep -v '^tests/style/files.sh$' | while IFS= read -r file; do
	[ -f "$file" ] && printf '%s\0' "$file"
done >"$work/all"
grep -zE '(\.(c|h|S|sh|asl)|\.ci/run|\.ci/setup\.sh)$|^(start|check)$' "$work/all" >"$work/code"
grep -zE '\.(c|h)$' "$work/all" >"$work/c"

licence='SPDX-License-Identifier: GPL-2.0-or-later'
{
	xargs -0 grep -L "$licence" <"$work/code" | sed 's/$/: no SPDX line at the top/'
	xargs -0 grep -nHm 1 "$licence" <"$work/code" | awk -F: '$2 > 3 { print $1 ": no SPDX line at the top" }'
	xargs -0 grep -nHE '[[:space:]]+$' <"$work/code" | sed 's/$/: space at the end of a line/'
	grep -zE '\.(o|so|bin|iso|img|vhd|vhdx|deb|ko)$' "$work/all" | tr '\0' '\n' | sed 's/$/: a built or binary file/'
	xargs -0 grep -nHIE '(^|[^[:alnum:]_./-])/(work|farm|root|home)/' <"$work/all" | sed 's/$/: a path of one machine/'
} >"$work/complaints"
xargs -0 wc -l <"$work/c" | awk '$1 > 800 && $2 != "total" { print "note: " $2 " has more than 800 lines" }'
cat "$work/complaints"
[ ! -s "$work/complaints" ]
