# SPDX-License-Identifier: GPL-2.0-or-later
# Reads "GROUP NAME MACHINE VALUE UNIT CHECKSUM" lines of all rounds; prints the table, writes the JSON.
# A rate counts by its best round, seconds by their median: what other work on the host did falls out.

function note(group, name, unit) {
	if ((group, name) in seen) return
	seen[group, name] = 1
	units[group, name] = unit
	groups[++count] = group
	names[count] = name
}

function median(list, n,   i, j, t, value) {
	split(list, value, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && value[j] + 0 < value[j - 1] + 0; j--) { t = value[j]; value[j] = value[j - 1]; value[j - 1] = t }
	return n % 2 ? value[(n + 1) / 2] : (value[n / 2] + value[n / 2 + 1]) / 2
}

function result(group, name, machine,   key) {
	key = group SUBSEP name SUBSEP machine
	if (!(key in n)) return ""
	return units[group, name] == "s" ? median(values[key], n[key]) : best[key]
}

# How many times faster Bulkhead is: rates as they are, seconds the other way round
function ratio_of(group, name,   ours, tcg) {
	ours = result(group, name, "bulkhead"); tcg = result(group, name, "tcg")
	if (ours == "" || tcg == "" || !(ours + 0) || !(tcg + 0)) return ""
	return units[group, name] == "s" ? tcg / ours : ours / tcg
}

function bar(label, value, kind, limit, unit,   ok) {
	if (value == "") return
	ok = kind == ">=" ? value >= limit : value <= limit
	if (!ok) missed++
	printf "%-44s %9.3g %-4s  %s %g  %s\n", label, value, unit, kind, limit, ok ? "met" : "MISSED"
	bars = bars (bars == "" ? "" : ",") sprintf("\n    {\"bar\": \"%s\", \"value\": %.6g, \"limit\": \"%s %g\", \"met\": %s}", label, value, kind, limit, ok ? "true" : "false")
}

{
	key = $1 SUBSEP $2 SUBSEP $3
	note($1, $2, $5)
	n[key]++
	values[key] = values[key] " " $4
	if (!(key in best) || $4 > best[key]) best[key] = $4 + 0
	if ($6 != "-") {
		if (($1, $2) in sum && sum[$1, $2] != $6) { wrong[$1, $2] = 1; bad++ }
		sum[$1, $2] = $6
	}
}

END {
	printf "%-9s %-16s %12s %12s  %-8s %7s\n", "group", "name", "bulkhead", "tcg", "unit", "ratio"
	for (i = 1; i <= count; i++) {
		g = groups[i]; m = names[i]
		ours = result(g, m, "bulkhead"); tcg = result(g, m, "tcg"); ratio = ratio_of(g, m)
		printf "%-9s %-16s %12s %12s  %-8s %7s%s\n", g, m, ours == "" ? "-" : sprintf("%.5g", ours), tcg == "" ? "-" : sprintf("%.5g", tcg),
			units[g, m], ratio == "" ? "" : sprintf("%.2f", ratio), (g, m) in wrong ? "  CHECKSUMS DIFFER" : ""
		rows = rows (i > 1 ? "," : "") sprintf("\n    {\"group\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"bulkhead\": %s, \"tcg\": %s, \"ratio\": %s, \"agree\": %s}",
			g, m, units[g, m], ours == "" ? "null" : ours, tcg == "" ? "null" : tcg, ratio == "" ? "null" : sprintf("%.4f", ratio), (g, m) in wrong ? "false" : "true")
		if (ratio != "" && g != "boot") { logs[g] += log(ratio); terms[g]++ }
	}
	print ""
	for (i = 1; i <= count; i++) {
		g = groups[i]
		if (!terms[g] || g in done) continue
		done[g] = 1
		mean[g] = exp(logs[g] / terms[g])
		printf "%-44s %9.2f\n", g ": geometric mean of the ratios", mean[g]
		means = means (means == "" ? "" : ", ") sprintf("\"%s\": %.4f", g, mean[g])
	}
	print ""
	r = ratio_of("boot", "cpu-seconds")
	bar("boot: CPU time against TCG's", r == "" ? "" : 1 / r, "<=", 1, "x")
	bar("integer: speed against TCG's", mean["integer"], ">=", 2, "x")
	bar("SSE and floating point: speed against TCG's", mean["fp"], ">=", 8, "x")
	bar("worker's memory beyond the guest's", result("cost", "memory", "bulkhead"), "<=", 64, "MiB")
	bar("idle guest", result("cost", "idle-cpu", "bulkhead"), "<=", 2, "%")
	bar("start to the first guest instruction", result("cost", "start", "bulkhead"), "<=", 50, "ms")
	bar("libhypervisor, stripped", result("cost", "library", "bulkhead"), "<=", 1024, "KiB")
	printf "{\n  \"date\": \"%s\", \"rounds\": %d, \"processors\": %d, \"failures\": %d,\n  \"results\": [%s\n  ],\n  \"means\": {%s},\n  \"bars\": [%s\n  ]\n}\n",
		date, rounds, processors, failures, rows, means, bars >json
	if (bad || failures + 0) { print "\n" bad + 0 " checksums differ, " failures " runs failed"; exit 1 }
	exit missed ? 3 : 0
}
