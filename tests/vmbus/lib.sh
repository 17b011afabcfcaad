# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests with real guests: tests/guest/lib.sh, with a machine that one can talk to over the worker's link
# (tests/vmbus/drive.c). VMBUS_BUILD is the build's folder, GUEST_FLAVOUR the kernel (cloud-amd64 or amd64).
vmbus=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${VMBUS_BUILD:-$vmbus/../../.build/gcc}
flavour=${GUEST_FLAVOUR:-cloud-amd64}
GUEST_KERNEL=$flavour
GUEST_DIR=$("$vmbus/build-guest" "$flavour") || { echo "$GUEST_DIR"; exit 1; }
BULKHEAD=$build/tests/vmbus/vmbus_drive
export GUEST_DIR BULKHEAD GUEST_KERNEL
. "$vmbus/../guest/lib.sh"
only_bulkhead "the other side of VMBus is Bulkhead's"

# The program of lib.sh begins with the worker here; the initrd is the one with the daemons.
eval "plain_$(declare -f guest_command)"
guest_command() {
	plain_guest_command "$@"
	local i
	for i in "${!command[@]}"; do
		[ "${command[$i]}" != "$guest_dir/initrd" ] || command[i]=$guest_dir/initrd-vmbus
	done
	mkfifo "$work/tell" 2>/dev/null || :
	: >"$work/heard"
	command=("${command[0]}" "$build/vmm/worker/bulkhead-vmwp" "${command[@]:1}" --tell "$work/tell" --heard "$work/heard" ${drive_options[@]+"${drive_options[@]}"})
}
drive_options=()

guest_tell() { printf '%s\n' "$*" >"$work/tell"; }

# wait_message REGEX SECONDS FROM: number and content of the first such line after line FROM
wait_message() {
	local deadline=$((SECONDS + $2 * ${GUEST_SLOW:-1})) line number
	while :; do
		number=$3
		while IFS= read -r line; do
			number=$((number + 1))
			if [[ $line =~ $1 ]]; then
				guest_match=("${BASH_REMATCH[@]}")
				message_line=$number
				return 0
			fi
		done < <(tail -n +$(($3 + 1)) "$work/heard")
		[ "$SECONDS" -lt "$deadline" ] || { tail -n 20 "$work/heard"; fail "no message like '$1' within $2 s"; }
		guest_read 0.2 || { tail -n 20 "$work/heard"; fail "the guest ended before a message like '$1' came"; }
	done
}

# guest_heard REGEX [SECONDS]: waits for a message of the worker; what came before it is not seen again
heard_lines=0
guest_heard() {
	wait_message "$1" "${2:-30}" $heard_lines
	heard_lines=$message_line
}

# guest_knows REGEX [SECONDS]: the same, but for messages that come in any order: nothing is skipped
guest_knows() { wait_message "$1" "${2:-30}" $heard_lines; }

# expect_no_complaints: of the Hyper-V drivers, in the guest's log
expect_no_complaints() {
	guest_run "dmesg | grep -E '(hv_|hyperv|vmbus|storvsc|netvsc).*([Ee]rror|[Ff]ail|timed out|[Uu]nable|[Uu]nknown|[Ii]nvalid|too short|WARN)|BUG:|WARNING:|Oops'" &&
		fail "the kernel complains: $guest_output"
	return 0
}
