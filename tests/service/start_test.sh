#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What ./start does after the build: a service, the sample machine once, and the way on; completion and man page.
# start_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
top=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
. "$(dirname "$(realpath "$0")")/lib.sh"
. "$top/.ci/welcome.sh"
service_begin "$@"
mkdir guest && cp kernel guest/vmlinuz && : >guest/initrd
# welcome() starts a service that nobody here is the parent of
stop() { "$bulkhead" host stop-service >/dev/null 2>&1; : >"$dir/vmms.log"; }
trap 'stop; service_end' EXIT

welcome "$bulkhead" "$vmms" "$dir/guest" >first
check 'the sample is there' grep -q '^sample  *Off' first
check 'the way on' grep -q 'vm start sample --connect' first
check 'the second time' welcome "$bulkhead" "$vmms" "$dir/guest"
check 'one sample' test "$("$bulkhead" vm list --names)" = sample
touch -d 1970-01-02 run/vmms.sock
check 'after a new build' welcome "$bulkhead" "$vmms" "$dir/guest"
check 'a new service' test "$("$bulkhead" event list | grep -c 'the service starts')" = 2

# --- completion comes from the table
complete_words() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _bulkhead; echo " ${COMPREPLY[*]} "; }
completes() { # WORD COMMAND...: whether it is offered
	local word=$1
	shift
	[[ $(complete_words "$@") == *" $word "* ]]
}
mkdir bin && ln -s "$bulkhead" bin/bulkhead && PATH=$dir/bin:$PATH
"$bulkhead" completion bash >c.bash && . ./c.bash
check 'nouns' completes vm bulkhead v
check 'verbs' completes screenshot bulkhead vm scr
check 'options' completes --memory bulkhead vm create x --me
check 'machines' completes sample bulkhead vm start ''
check 'values' completes cdrom bulkhead vm create x --boot ''
for shell in zsh fish; do
	command -v $shell >/dev/null || { echo "no $shell here: its completion is not checked"; continue; }
	"$bulkhead" completion $shell >c.$shell
	check "$shell" $shell -n c.$shell
done
if command -v fish >/dev/null; then
	check 'fish offers machines' test "$(fish -c 'source c.fish; complete -C "bulkhead vm start "')" = sample
fi
no 'no such shell' 2 'bash, zsh or fish' completion csh
for noun in vm disk switch checkpoint admin event job host; do
	check "the man page has $noun" grep -q "^.SS \"bulkhead $noun" <("$bulkhead" man)
done
finish
