# SPDX-License-Identifier: GPL-2.0-or-later
# The counters at each mark, as costs (tests/bench/kvm).
function value(name,    i, pair) {
	for (i = 4; i <= NF; i++) {
		split($i, pair, "=")
		if (pair[1] == name)
			return pair[2]
	}
	return -1
}
$1 == "COUNT" {
	exits = value("exits")
	cost[$2, $3] = exits - last[$2]
	user[$2, $3] = value("host_state_reload") - last_user[$2]
	last[$2] = exits
	last_user[$2] = value("host_state_reload")
}
$1 == "SAYS" || $2 == "REASON" { print }
function row(text, mark, units, bar,    ours, theirs, ratio) {
	if (!(("bulkhead", mark) in cost) || !(("qemu", mark) in cost)) {
		printf "%-34s not measured\n", text
		missed = 1
		return
	}
	ours = cost["bulkhead", mark] / units
	theirs = cost["qemu", mark] / units
	ratio = theirs ? ours / theirs : 0
	printf "%-34s%12.2f%12.2f%8.2f   (returns to the VMM %.2f, %.2f)%s\n", text, ours, theirs, ratio, user["bulkhead", mark] / units, \
		user["qemu", mark] / units, (ratio > bar ? "  above the bar of " bar : "")
	if (ratio > bar)
		missed = 1
}
END {
	printf "%-34s%12s%12s%8s\n", "exits", "Bulkhead", "QEMU", "ratio"
	row("boot to the shell", "boot", 1, 0.5)
	row("second of an idle guest", "idle", idle + 1, 1)
	row("random read of 4 KiB, depth 1", "read1", reads, 1)
	row("random read of 4 KiB, depth 16", "read16", reads, 1)
	row("1448 bytes to the guest", "get", packets, 1)
	row("1448 bytes from the guest", "put", packets, 1)
	exit missed ? 3 : 0
}
