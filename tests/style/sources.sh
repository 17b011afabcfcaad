# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the style checks: goes to the top of the checkout; sources PATTERN... names the files that are ours
# (tracked or not yet, but not what git ignores), or, where there is no git history, all but what was built.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

sources() {
	local pattern names=()
	if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files -co --exclude-standard -- "$@" | while IFS= read -r pattern; do
			[ ! -f "$pattern" ] || printf '%s\n' "$pattern"
		done
		return
	fi
	for pattern in "$@"; do names+=(-o -name "$pattern"); done
	[ ${#names[@]} -gt 0 ] || names=(-o -name '*')
	find . -path './.build*' -prune -o -path './build*' -prune -o -path ./.git -prune -o -type f \( "${names[@]:1}" \) -printf '%P\n'
}

# A check that sees no file has checked nothing.
[ -n "$(sources '*.c')" ] || { echo "no source files found"; exit 1; }
