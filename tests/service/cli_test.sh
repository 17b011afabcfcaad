#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the command line says to wrong words: the thing, the cause and the remedy in one line, with what was probably meant; and its help.
# cli_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
service_start
ok 'a machine' '' vm create web --kernel kernel --append spin --memory 32M

# --- what was meant: letters in the wrong place, and the words of other programs
while read -r status meant words; do
	# shellcheck disable=SC2086
	no "$words" "$status" "there is no such (command|option); did you mean .*$meant[\`?]" $words
done <<'END'
2 vm vmm list
2 disk dsik create
2 switch network list
2 checkpoint snapshot list
2 vm.list vm lst
2 vm.list vm ls
2 vm.start vm strat web
2 vm.shutdown vm stop web
2 vm.off vm poweroff web
2 vm.delete vm rm web
2 vm.resume vm unpause web
2 vm.set vm edit web
2 vm.move vm mv web
2 disk.create disk creat a
2 disk.inspect disk info a
2 host.check host chekc
2 checkpoint.apply checkpoint aply web x
2 --json vm list --jsn
2 --memory vm create x --memroy 1G
2 --memory vm create x --ram 1G
2 --processors vm create x --cpus 2
2 --cdrom vm create x --iso a.iso
2 --plan vm delete web --dry-run
2 --plan vm delete web --pln
2 --kernel run --kernle a
END

# --- nothing near it: where to look
while read -r pattern words; do
	# shellcheck disable=SC2086
	no "$words" 2 "${pattern//_/ }" $words
done <<'END'
see_`bulkhead_--help` fly
see_`bulkhead_vm_--help` vm fly web
see_`bulkhead_vm_start_--help` vm start web --fly
one_argument_too_many vm list extra
this_option_has_no_value vm list --json=1
vm_show:_NAME_is_missing vm show
vm_clone:_NEW-NAME_is_missing vm clone web
vm_clone:_NAME_and_NEW-NAME_are_missing vm clone
vm_screenshot:_FILE_is_missing vm screenshot web
vm_why:_NAME_is_missing why
the_value_is_missing;_give_SIZE vm create x --memory
this_is_no_size vm create x --memory lots
4_MiB_is_not_possible vm create x --memory 4
give_one_from_1_to_64 vm create x --processors zero
this_is_no_size vm create x --disk new:big
give_one_of:_disk,_cdrom,_network vm create x --boot floppy
give_one_of:_console vm set web --serial tty
write_it_as_NAME=VALUE vm set web --set a
`bulkhead_vm_set_--help`_lists_them vm set web --set a=b
there_is_nothing_to_change vm set web
there_is_no_such_key vm key web f99
give_1_or_2 vm connect web --com 3
this_is_no_time vm wait web --timeout soon
the_size_is_missing disk create a.vhdx
there_is_no_such_format disk create a.vhdx --format qcow2 --size 1G
write_user:NAME_or_group:NAME admin grant bob operator
name_a_machine_with_--vm admin grant user:bob admin
give_a_number_from_1_to_1000 event list --limit many
`bulkhead_job_list`_shows_them job cancel x
give_USER@HOST host show --host -x
END
no 'an empty word' 2 '^bulkhead: "": there is no such command' ''
no 'no such machine' 1 '`bulkhead vm list` shows those there are' vm start nosuch
no 'no such checkpoint' 1 '`bulkhead checkpoint list` shows those there are' checkpoint apply web nosuch
export BULKHEAD_SSH=/bin/false
no 'a host that is not reached' 1 '^bulkhead: lab: its management service does not answer: .*; try `ssh lab bulkhead host show`' vm list --host lab

# --- help in each way that people try
ok 'help' '^Usage: bulkhead NOUN VERB' help
ok 'of a noun' '^Usage: bulkhead vm VERB' help vm
ok 'the other way round' '^Usage: bulkhead vm VERB' vm help
ok 'of a verb' '^Usage: bulkhead vm start' help vm start
ok 'of run' '^Usage: bulkhead run' help run
no 'of nothing' 2 'there is no such command' help fly
for noun in vm disk switch checkpoint admin event job host; do
	while read -r verb _; do
		ok "help of $noun $verb" "^Usage: bulkhead $noun $verb" "$noun" "$verb" --help
	done < <("$bulkhead" "$noun" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
done
finish
