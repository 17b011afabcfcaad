#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk images through the system's service: files with the rights of real users, jobs, cancel, restart, full disks.
# disks_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKS_CLIENT DISKTOOL
set -u
. "$(dirname "$(realpath "$0")")/users.sh"
users_enter "$@"
shift
. "$(dirname "$(realpath "$0")")/lib.sh"
client=$(realpath "$5") tool=$(realpath "$6")
service_begin "$@"
users_make
users_program "$client" && users_program "$bulkhead"
mkdir -m 700 a && chown alice a
system_service_start

# disks NAME USER STATUS PATTERN WORDS...: disks_client as that user
disks() {
	local user=$2 status=$3 pattern=$4 actual
	name=$1
	shift 4
	count=$((count + 1))
	as "$user" disks_client "$@" >out 2>err </dev/null
	actual=$?
	[ "$actual" = "$status" ] || { fail "status $actual instead of $status"; return 1; }
	[ ! -s err ] || { fail "a message on stderr"; return 1; }
	[ -z "$pattern" ] || grep -Eq -- "$pattern" out || { fail "the output lacks: $pattern"; return 1; }
}

# --- create, inspect
disks 'create' alice 0 '^done$' create file="$dir/a/one.vhdx" size=40M block-size=1M
check 'it is hers' test "$(stat -c '%U %G %a' a/one.vhdx)" = 'alice alice 600'
disks 'the command that does the same' alice 0 "^command: bulkhead disk create $dir/a/two.vhd --size 40M --type fixed$" \
	create file="$dir/a/two.vhd" size=40M type=fixed
disks 'inspect' alice 0 "'size': <uint64 41943040>" inspect file="$dir/a/one.vhdx"
disks 'what it is' alice 0 'Format: VHD, fixed size' inspect file="$dir/a/two.vhd"
disks 'it is there already' alice 1 'this exists already' create file="$dir/a/one.vhdx" size=40M
disks 'no such folder' alice 1 'no such folder' create file="$dir/b/one.vhdx" size=40M
disks 'where she may not' alice 1 'alice may make nothing in this folder' create file="/one.vhdx" size=40M
disks 'a plan' alice 0 'step: .*is made' plan create file="$dir/a/plan.vhdx" size=40M
check 'makes nothing' test ! -e a/plan.vhdx
disks 'no size' alice 2 '^size: the size' create file="$dir/a/x.vhdx"
disks 'a size that is none' alice 2 'this is no size' create file="$dir/a/x.vhdx" size=many
disks 'too much for a VHD' alice 2 '^size: a vhd disk has at most 2040G' create file="$dir/a/x.vhd" size=3T
finish
