# SPDX-License-Identifier: GPL-2.0-or-later
# What machines' disks hold (sourced after lib.sh, with disktool in $tool).
bh() { "$bulkhead" "$@"; }
id_of() { bh vm show "$1" --json | grep -o '"vm.id": "[^"]*"' | cut -d'"' -f4; }
# The image of a machine's first (or Nth) drive: its path.
disk_of() {
	local path
	path=$(bh vm show "$1" --json | grep -o '"path": "[^"]*"' | sed -n "${2:-1}p" | cut -d'"' -f4)
	[[ $path == /* ]] && echo "$path" || echo "$dir/data/storage/$(id_of "$1")/$path"
}
content() { "$tool" dump "$(disk_of "$@")" | sha256sum; }
scribble() { "$tool" scribble "$(disk_of "$1" "${3:-1}")" "$2" 12; }
idle() { # no job runs any more
	local until=$((SECONDS + 60))
	while [ $SECONDS -lt $until ] && bh job list --json | grep -q '"State": "running"'; do sleep 0.05; done
}
# same NAME EXPECTED ACTUAL
same() {
	name=$1 count=$((count + 1))
	[ "$2" = "$3" ] || { fail "not as it was"; diff <(echo "$2") <(echo "$3") | sed 's/^/    /' | head -12; }
}
