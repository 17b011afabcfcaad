#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What holds for every source file: the licence line first, no spaces at line ends, no paths of one machine, no
# binary files; a warning (no failure) for a file of more than 800 lines.
set -u
. "$(dirname "$0")/sources.sh"
bad=0
complain() { echo "$*"; bad=$((bad + 1)); }

while IFS= read -r file; do
	[ -f "$file" ] || continue
	case $file in
	*.c | *.h | *.S | *.sh | *.asl | start | check | .ci/run | .ci/setup.sh)
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || complain "$file: no SPDX line at the top"
		grep -nE '[[:space:]]+$' "$file" | head -n 3 | sed "s|^|$file:|; s|$|: space at the end of a line|" | grep . && bad=$((bad + 1))
		;;
	esac
	case $file in
	*.c | *.h) [ "$(wc -l <"$file")" -le 800 ] || echo "note: $file has more than 800 lines" ;;
	*.o | *.so | *.bin | *.iso | *.img | *.vhd | *.vhdx | *.deb | *.ko) complain "$file: a built or binary file" ;;
	esac
	grep -nE '(^|[^[:alnum:]_./-])/(work|farm|root|home)/' "$file" | head -n 3 | sed "s|^|$file:|; s|$|: a path of one machine|" | grep . && bad=$((bad + 1))
done < <(sources | grep -v '^tests/style/files.sh$')
[ "$bad" -eq 0 ]
