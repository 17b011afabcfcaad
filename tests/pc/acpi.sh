#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# acpi.sh ACPI_DUMP: the tables as ACPICA's interpreter (the one of Linux) understands them, with and without a VMBus.
set -u
dump=$(realpath "$1")
command -v acpiexec >/dev/null || { echo "skipped: acpiexec is missing (package acpica-tools)"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-acpi.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# interpret DEBUGGER-COMMAND: what it says of the tables here
interpret() { acpiexec -b "$1" dsdt.aml ssdt.aml 2>&1; }
expect() { # NAME TEXT: the last answer has this line
	grep -qF -- "$2" answer || { echo "FAILED: $1: not found: $2"; sed 's/^/    /' answer; failed=1; }
}
expect_not() {
	! grep -qF -- "$2" answer || { echo "FAILED: $1: found: $2"; failed=1; }
}
# is_clean NAME: the interpreter has loaded them without a complaint
is_clean() {
	interpret 'namespace' >answer
	expect "$1" '2 ACPI AML tables successfully acquired and loaded'
	expect_not "$1" 'Error'
	expect_not "$1" 'Warning'
}
bus() { # NAME PATH
	interpret "evaluate $2._STA" >answer; expect "$1" '[Integer] = 000000000000000F'
	interpret "evaluate $2._HID" >answer; expect "$1" '"VMBUS"'
	interpret "resources $2" >answer; expect "$1" 'EndTag'
}
memory() { # NAME DEVICE FIRST LAST LENGTH
	interpret "resources $2" >all
	grep -A 13 'Address Space Resource' all | tr -d '\n' | sed 's/--/\n/g' | tr -s ' ' >answer
	expect "$1" "Granularity : 0000000000000000 Address Minimum : $3 Address Maximum : $4"
	grep 'Address Length' all >answer
	expect "$1" "Address Length : $5"
}

for kind in pc small; do
	"$dump" $kind none 1 || failed=1
	is_clean $kind
	expect_not $kind VMBS
done
# 1 GiB has its high gap at 4 GiB, 5 GiB have one at 6 GiB.
"$dump" pc vmbus 1 || failed=1
is_clean pc-vmbus
bus pc-vmbus '\_SB.PCI0.VMBS'
memory pc-vmbus '\_SB.PCI0' 0000000100000000 000000013FFFFFFF 0000000040000000
"$dump" small vmbus 5 || failed=1
is_clean small-vmbus
bus small-vmbus '\_SB.VMOD.VMBS'
memory small-vmbus '\_SB.VMOD' 00000000F8000000 00000000FEBFFFFF 0000000006C00000
memory small-vmbus '\_SB.VMOD' 0000000180000000 00000001BFFFFFFF 0000000040000000
# A second serial port, with its ports and its interrupt line, where it is wanted; the tests above had none.
for kind in pc small; do
	port='\_SB.COM2'
	[ $kind = small ] || port='\_SB.PCI0.ISA.COM2'
	interpret "resources $port" >answer; expect_not "$kind without COM 2" 'I/O Resource'
	"$dump" $kind vmbus 1 com2 || failed=1
	is_clean "$kind-com2"
	interpret "resources $port" >answer
	expect "$kind: its ports" 'Address Minimum : 02F8'
	expect "$kind: its line" 'Interrupt List : 3'
	"$dump" $kind vmbus 1 || failed=1
done
exit $failed
