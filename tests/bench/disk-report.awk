# SPDX-License-Identifier: GPL-2.0-or-later
# Reads "ROW DRIVER MS" of all rounds and "ROW DRIVER KIB" of the files that jobs made; the best round counts.
# Prints the table, the ratios and the bars, and writes the JSON. Exit status 3 when a bar is missed.

FNR == 1 { files++ }
files == 2 { kib[$1, $2] = $3; next }
!($1 in known) { known[$1] = 1; names[++count] = $1 }
NF > 3 && (!(($1, $2) in cpu) || $4 < cpu[$1, $2]) { cpu[$1, $2] = $4 }
!(($1, $2) in best) || $3 < best[$1, $2] { best[$1, $2] = $3 }

function time_of(name, driver) { return (name, driver) in best ? sprintf("%.1f", best[name, driver]) : "-" }

# How many times faster the first is than the second
function ratio(name, ours, theirs) {
	if (!((name, ours) in best) || !((name, theirs) in best)) return ""
	return best[name, theirs] / (best[name, ours] > 0.001 ? best[name, ours] : 0.001)
}

function cpu_ratio(name, ours, theirs) {
	if (!((name, ours) in cpu) || !((name, theirs) in cpu) || cpu[name, ours] < 1) return ""
	return cpu[name, theirs] / cpu[name, ours]
}

function shown(value) { return value == "" ? "-" : sprintf("%.2f", value) }

function bar(name, text, value, limit,   ok) {
	if (value == "") return ""
	ok = value >= limit
	if (!ok) { missed++; misses = misses sprintf("\nMISSED  %s: %s %.2f, bar %.1f", name, text, value, limit) }
	else met++
	bars = bars (bars == "" ? "" : ",") sprintf("\n    {\"row\": \"%s\", \"bar\": \"%s\", \"value\": %.4g, \"limit\": %g, \"met\": %s}", name, text, value, limit, ok ? "true" : "false")
}

END {
	printf "%-46s%9s%9s%9s%9s%9s | %7s%7s%7s |%7s%7s\n", "milliseconds; the best of the rounds", "our vhdx", "our raw", "qcow2", "q: vhdx", "q: raw", "/qcow2", "/vhdx", "/raw", "cpu:q2", "raw"
	for (i = 1; i <= count; i++) {
		name = names[i]
		ours = name ~ /to raw/ ? "our-raw" : "our-vhdx"
		qcow2 = ratio(name, ours, "qcow2"); vhdx = ratio(name, ours, "vhdx"); raw = ratio(name, ours, "raw")
		printf "%-46s%9s%9s%9s%9s%9s | %7s%7s%7s |%7s%7s\n", name, time_of(name, "our-vhdx"), time_of(name, "our-raw"), time_of(name, "qcow2"), time_of(name, "vhdx"), time_of(name, "raw"), shown(qcow2), shown(vhdx), shown(raw), shown(cpu_ratio(name, ours, "qcow2")), shown(cpu_ratio(name, ours, "raw"))
		bar(name, "our VHDX against qcow2", qcow2, 1)
		if (name ~ / write unallocated/) bar(name, "our VHDX against QEMU's VHDX", vhdx, 2)
		if (name ~ / allocated/) bar(name, "our VHDX against QEMU's raw", raw, 0.9)
	}
	for (i = 1; i <= count; i++) {
		name = names[i]
		for (d = split("our-vhdx our-raw qcow2 vhdx", driver, " "); d; d--)
			if ((name, driver[d]) in kib) printf "%s by %s: %.1f MiB taken\n", name, driver[d], kib[name, driver[d]] / 1024
	}
	print misses
	printf "%d bars met, %d missed\n", met, missed
	printf "{\n  \"rows\": [" > json
	for (i = 1; i <= count; i++) {
		name = names[i]
		printf("%s\n    {\"row\": \"%s\"", (i > 1 ? "," : ""), name) > json
		for (d = split("our-vhdx our-raw qcow2 vhdx raw", driver, " "); d; d--)
			if ((name, driver[d]) in best) printf ", \"%s\": %s", driver[d], best[name, driver[d]] > json
		printf "}" > json
	}
	printf "\n  ],\n  \"bars\": [%s\n  ]\n}\n", bars > json
	exit missed ? 3 : 0
}
