# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of checkpoints of a running machine "web" (sourced): is it the machine that it was, with the disks that its configuration
# names? $tool is disktool, $id the machine's identity, $before its worker.

worker_pid() { cut -d' ' -f1 run/workers/*.run; }
points() { "$bulkhead" checkpoint list web --json | grep -o '"id"' | wc -l; }
images() { sed -n '/^\[disk [0-9]/,/^\[/s/^path=//p' "data/vms/$id.conf" | sed "s|^[^/]|data/storage/$id/&|"; }
# Its worker has them alone: nobody else can read them.
has_images() {
	local image
	for image in $(images); do
		"$tool" dump "$image" >/dev/null 2>&1 && { echo "$image is not in use"; return 1; }
	done
	return 0
}
# goes_on COUNT NAME: so many checkpoints, it runs in the worker that it had, on those images
goes_on() {
	check "$2: it runs" "$bulkhead" vm wait web --for running --timeout 30
	check "$2: the checkpoints" test "$(points)" = "$1"
	check "$2: in its worker" test "$(worker_pid)" = "$before"
	check "$2: with its images" has_images
}
