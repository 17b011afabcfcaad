#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Differencing chains: create, inspect, merge into the parent and into a new disk, reconnect after a move.
. "$(dirname "$0")/cli_lib.sh"

scribble() { "$tool" scribble "$1" "$2" 40 || fail "scribble on $1"; }
dump() { "$tool" dump "$1" 2>&1 | sha256sum; }

for format in vhdx vhd; do
	mkdir -p "$format/base" "$format/kids"
	cd "$format" || exit 1
	disk 0 create base/a.$format --size 40M --block-size 2M
	scribble base/a.$format 1
	disk 0 create kids/b.$format --parent base/a.$format
	scribble kids/b.$format 2
	disk 0 create kids/c.$format --parent kids/b.$format --type differencing
	scribble kids/c.$format 3
	want=$(dump kids/c.$format)

	disk 0 inspect kids/c.$format --json
	[ "$(grep -o '"Path": "[^"]*"' <<<"$out" | tr -d '\n')" = \
		"\"Path\": \"kids/c.$format\"\"Path\": \"kids/b.$format\"\"Path\": \"kids/../base/a.$format\"" ] ||
		fail "the chain in JSON: $out"
	[[ $out == *"\"ParentAbsolutePath\": \"$dir/$format/base/a.$format\""* ]] || fail "no absolute path: $out"
	disk 0 check kids/c.$format

	# the whole chain into a new disk; from another folder too
	disk 0 merge kids/c.$format --into all.raw
	[ "$(sha256sum <all.raw)" = "$want" ] || fail "$format: merged into a new disk it reads differently"
	(cd kids && "$bulkhead" disk convert c.$format ../all2.raw) && cmp all.raw all2.raw || fail "$format: from its folder"

	# a moved chain is found by its relative paths, a moved parent by reconnecting
	mkdir moved && mv base kids moved/
	[ "$(dump moved/kids/c.$format)" = "$want" ] || fail "$format: the moved chain reads differently"
	mv moved/base/a.$format else.$format
	refuse 1 'the parent of .*no such file; if it was moved, use .bulkhead disk reconnect' convert moved/kids/c.$format n.raw
	refuse 1 'the parent of .*no such file' check moved/kids/c.$format
	disk 0 inspect moved/kids/b.$format
	[[ $out == *"Problem "*"no such file"* ]] || fail "inspect tells no problem: $out"
	disk 0 reconnect moved/kids/b.$format else.$format --plan
	refuse 1 'no such file' check moved/kids/c.$format
	disk 0 reconnect moved/kids/b.$format else.$format
	disk 0 check moved/kids/c.$format
	[ "$(dump moved/kids/c.$format)" = "$want" ] || fail "$format: reconnected it reads differently"

	# another disk is no parent
	disk 0 create other.$format --size 40M
	refuse 1 'is not the disk that .* was made from' reconnect moved/kids/b.$format other.$format
	refuse 1 'cannot be its own parent' reconnect moved/kids/b.$format moved/kids/b.$format
	refuse 1 'circle' reconnect moved/kids/b.$format moved/kids/c.$format --force
	disk 0 check moved/kids/c.$format

	# down the chain
	disk 0 merge moved/kids/c.$format --plan
	[[ $out == *"would do: write what moved/kids/c.$format has into its parent moved/kids/b.$format"* ]] || fail "plan: $out"
	refuse 1 'not a differencing disk' merge else.$format --plan
	disk 0 merge moved/kids/c.$format --delete
	[ ! -e moved/kids/c.$format ] || fail "$format: --delete kept the child"
	[ "$(dump moved/kids/b.$format)" = "$want" ] || fail "$format: the parent has not what was merged"
	disk 0 merge moved/kids/b.$format
	[ "$(dump else.$format)" = "$want" ] || fail "$format: the base has not what was merged"
	[ "$(dump moved/kids/b.$format)" = "$want" ] || fail "$format: the merged child reads differently"
	disk 0 check moved/kids/b.$format
	disk 0 check else.$format
	refuse 1 'not a differencing disk' merge else.$format
	cd ..
done

# another parent's content would show: a changed parent is refused
disk 0 create p.vhdx --size 10M
disk 0 create k.vhdx --parent p.vhdx
scribble p.vhdx 9
refuse 1 'changed or replaced' check k.vhdx
disk 0 reconnect k.vhdx p.vhdx --force
disk 0 check k.vhdx
# a locator's ".." and absolute path lead to images only, with the rights of the caller
mv p.vhdx hidden.vhdx
head -c 100000 /dev/urandom >p.vhdx
refuse 1 'p.vhdx' check k.vhdx
rm p.vhdx
mkfifo p.vhdx
refuse 1 'p.vhdx.*neither a file nor a block device' check k.vhdx
exit $failed
