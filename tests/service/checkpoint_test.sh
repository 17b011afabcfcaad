#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Checkpoints of machines that are off: what is on the disks after each of create, apply, revert, delete is what was
# there; the tree has the right shape; who may; what is refused, and why.
# checkpoint_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
tool=$(realpath "$5")
. "$(dirname "$(realpath "$0")")/content.sh"
service_begin "$@"
service_start
tree() { bh checkpoint list "$1" | tail -n +2 | sed -E 's/ +[0-9]{4}-.*//; s/ +$//'; }
files() { ls "$dir/data/storage/$(id_of "$1")" | wc -l; }

ok 'a machine' '' vm create web --kernel kernel --append spin --memory 32M --disk new:24M
same 'no checkpoints' '' "$(tree web)"
no 'nothing to go back to' 1 'has no checkpoint to go back to' checkpoint revert web
scribble web 1
base=$(disk_of web) first=$(content web)
ok 'a plan' 'would do: the checkpoint one of web is made' checkpoint create web one --plan
same 'changes nothing' '' "$(tree web)"
ok 'the first' '' checkpoint create web one
same 'a tree that ends in Now' $'one\n└─ Now' "$(tree web)"
same 'the content stays' "$first" "$(content web)"
check 'on a child' test "$(disk_of web)" != "$base"
base_sum=$(sha256sum <"$base")
scribble web 2
second=$(content web)
ok 'the second' '' checkpoint create web two
scribble web 3
third=$(content web)
check 'all differ' test "$first" != "$second" -a "$second" != "$third"
same 'the base is not written' "$base_sum" "$(sha256sum <"$base")"
same 'a chain' $'one\n└─ two\n   └─ Now' "$(tree web)"

ok 'revert' '' checkpoint revert web
same 'reverted' "$second" "$(content web)"
ok 'apply' '' checkpoint apply web one
same 'applied' "$first" "$(content web)"
same 'a branch' $'one\n├─ two\n└─ Now' "$(tree web)"
scribble web 4
fourth=$(content web)
ok 'apply, and keep' '' checkpoint apply web two --checkpoint-first
until [ "$(content web)" = "$second" ] || [ $SECONDS -gt 60 ]; do sleep 0.1; done
same 'applied and kept' "$second" "$(content web)"
name='the kept one' count=$((count + 1))
kept=$(bh checkpoint list web --json | grep -o '"name": "web - [^"]*"' | cut -d'"' -f4)
[ -n "$kept" ] || fail 'is not there'
ok 'rename' '' checkpoint rename web "$kept" three
same 'both branches' $'one\n├─ two\n│  └─ Now\n└─ three' "$(tree web)"
ok 'apply the kept' '' checkpoint apply web three
same 'it has what was' "$fourth" "$(content web)"

# Deletion. Now is on three; two is a leaf: its image goes.
before=$(files web)
ok 'delete a leaf' '' checkpoint delete web two
same 'its image is gone' $((before - 1)) "$(files web)"
same 'the rest' $'one\n└─ three\n   └─ Now' "$(tree web)"
same 'Now is as it was' "$fourth" "$(content web)"
scribble web 5
fifth=$(content web)
ok 'delete in the middle' '' checkpoint delete web three
same 'merged, Now stays' "$fifth" "$(content web)"
same 'merged, one less' $((before - 2)) "$(files web)"
ok 'back to one' '' checkpoint revert web
same 'one is as it was' "$first" "$(content web)"
scribble web 6
sixth=$(content web)
ok 'delete the last' '' checkpoint delete web one
same 'the base is the disk again' "$base" "$(disk_of web)"
same 'with what Now had' "$sixth" "$(content web)"
same 'and nothing else is left' 1 "$(files web)"
same 'no list' '' "$(tree web)"
check 'the image is whole' "$tool" check "$base"

# A parent of two stays until one of them goes: one ─ {two, Now}, one deleted.
ok 'a' '' checkpoint create web a
same_a=$(content web); scribble web 7
ok 'b' '' checkpoint create web b
of_b=$(content web)
ok 'to a' '' checkpoint apply web a
scribble web 8; now=$(content web)
ok 'a goes' '' checkpoint delete web a
same 'two roots' $'b\nNow' "$(tree web)"
same 'the shared base stays' 3 "$(files web)"
same 'Now' "$now" "$(content web)"
ok 'to b' '' checkpoint apply web b
same 'b' "$of_b" "$(content web)"
same 'the base got b' 2 "$(files web)"
ok 'c' '' checkpoint create web c
ok 'd' '' checkpoint create web d
same 'a chain of three' $'b\n└─ c\n   └─ d\n      └─ Now' "$(tree web)"
scribble web 9; now=$(content web)
ok 'a subtree' '' checkpoint delete web c --subtree
same 'b stays' $'b\n└─ Now' "$(tree web)"
same 'Now stays' "$now" "$(content web)"
ok 'all' '' checkpoint delete web b --subtree
same 'one file' 1 "$(files web)"
same 'Now still' "$now" "$(content web)"

# Refusals.
no 'no such' 1 'there is no such checkpoint' checkpoint apply web nothing
no 'no name' 2 'name of a checkpoint' checkpoint create web ' x'
"$tool" create raw.img raw fixed 8388608 0 0 >/dev/null 2>&1 || truncate -s 8M raw.img
ok 'raw' '' vm create rawvm --kernel kernel --disk "$dir/raw.img"
no 'of a raw disk' 1 'convert it to VHDX' checkpoint create rawvm
ok 'off' '' vm set web --checkpoints off
no 'switched off' 1 'checkpoints are switched off' checkpoint create web
ok 'on' '' vm set web --checkpoints on

# Elsewhere: a disk of the caller, children in a folder of the caller.
bh disk create "$dir/mine.vhd" --size 12M >/dev/null
mkdir points
ok 'with a disk elsewhere' '' vm create far --kernel kernel --disk "$dir/mine.vhd" --checkpoint-location "$dir/points"
scribble far 1; first=$(content far)
ok 'a checkpoint there' '' checkpoint create far x
same 'in the folder' 1 "$(ls points | wc -l)"
scribble far 2; now=$(content far)
ok 'another' '' checkpoint create far y
ok 'x goes' '' checkpoint delete far x
same 'far' "$now" "$(content far)"
ok 'y goes' '' checkpoint delete far y
same 'the folder is empty' 0 "$(ls points | wc -l)"
same 'the disk is the caller'\''s' "$dir/mine.vhd" "$(disk_of far)"
same 'with all of it' "$now" "$(content far)"

# A folder that is not there: nothing is changed, and nothing is left.
before=$(tree web)
ok 'a folder that is not there' '' vm set web --checkpoint-location "$dir/not-there"
no 'says so' 1 'not-there' checkpoint create web x
same 'no checkpoint' "$before" "$(tree web)"
idle # what was not made is tidied up
ok 'its own folder' '' vm set web --checkpoint-location ''
same 'the disk is as it was' 1 "$(files web)"
no 'no relative folder' 2 'no absolute path' vm set web --checkpoint-location here

# What checkpoints need is nobody else's.
ok 'one of far' '' checkpoint create far z
no 'no compacting of its base' 1 'belongs to the checkpoints of the virtual machine far' disk compact "$dir/mine.vhd" --vm far
no 'no attaching' 1 'a checkpoint of far needs this image' vm create thief --kernel kernel --disk "$dir/mine.vhd"
ok 'a plan of a clone' 'do(es)? not go along' vm clone far farther --plan
ok 'a clone' '' vm clone far farther
same 'has what far has' "$now" "$(content farther)"
check 'in one image' test "$(basename "$(disk_of farther)")" = mine.vhd
scribble far 3
mkdir out1 out2
ok 'an export' '' vm export far "$dir/out1"
ok 'of a checkpoint' '' checkpoint export far z "$dir/out2"
ok 'import' '' vm import "$dir/out1/far" --mode copy --name in1
ok 'import the checkpoint' '' vm import "$dir/out2/far" --mode copy --name in2
same 'as now' "$(content far)" "$(content in1)"
same 'as then' "$now" "$(content in2)"
same 'without checkpoints' '' "$(tree in1)"
ok 'revert' '' checkpoint revert far
ok 'z goes' '' checkpoint delete far z

# Automatic ones: at each start, one.
ok 'automatic' '' vm set far --auto-checkpoint on --append spin --memory 32M
for n in 1 2 3; do
	ok "start $n" '' vm start far
	ok "runs $n" '' vm wait far --for running --timeout 60
	same "an automatic one $n" $'Automatic checkpoint\n└─ Now' "$(tree far)"
	ok "a plan while it runs $n" 'far is turned off; what its guest has in memory is lost' checkpoint revert far --plan
	ok "while it runs $n" '' checkpoint revert far
	ok "is off $n" '' vm wait far --for off --timeout 60
done
until [ "$(ls points | wc -l)" = 1 ] || [ $SECONDS -gt 120 ]; do sleep 0.1; done
idle
same 'no more than that' 1 "$(ls points | wc -l)"
ok 'deleted' '' checkpoint delete far 'Automatic checkpoint'
same 'as it was' "$now" "$(content far)"

# A service that starts anew has the same list; the trash keeps it.
ok 'e' '' checkpoint create web e
ok 'f' '' checkpoint create web f
shape=$(tree web)
service_kill TERM
service_start
same 'after a restart' "$shape" "$(tree web)"
ok 'to the trash' '' vm delete web
ok 'and back' '' vm undelete web
same 'after the trash' "$shape" "$(tree web)"
same 'with all of it' 3 "$(files web)"
id=$(id_of web)
ok 'to the trash again' '' vm delete web
ok 'for ever' '' vm empty-trash
check 'nothing is left' test ! -e "data/checkpoints/$id" -a ! -e "data/storage/$id"
finish
