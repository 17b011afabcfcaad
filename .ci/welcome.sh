# SPDX-License-Identifier: GPL-2.0-or-later
# What ./start does when all is built (sourced, never run): a service for this user, a sample machine, and where to go on.

# restart_service BULKHEAD VMMS: starts this user's service; one of an older build goes, and its machines run on
restart_service() {
	local program=$1 vmms=$2 socket=${BULKHEAD_RUNTIME:-${XDG_RUNTIME_DIR:-$HOME/.cache}/bulkhead}/vmms.sock
	if [ -S "$socket" ] && [ "$vmms" -nt "$socket" ]; then
		"$program" host stop-service >/dev/null 2>&1
		for _ in $(seq 100); do [ -S "$socket" ] || break; sleep 0.05; done
	fi
	"$program" host start-service
}

# offer_sample BULKHEAD GUEST: the sample machine, unless there is one of this name already
offer_sample() {
	"$1" vm list --names | grep -qx sample && return
	"$1" vm create sample --kernel "$2/vmlinuz" --initrd "$2/initrd" --append 'console=ttyS0 quiet' --memory 512M --switch nat \
		--notes 'A small Linux to try Bulkhead with: a shell on the serial console.' >/dev/null
}

# show_the_way BULKHEAD: the list of machines, and what to type next
show_the_way() {
	"$1" vm list
	cat <<-'END'

	The management service runs for you, and keeps these machines. Next:
	  ./start bulkhead vm start sample --connect   its shell is on this terminal; Ctrl-A X leaves it running
	  ./start bulkhead vm shutdown sample          or: off, pause, reset; `bulkhead vm --help` lists all
	  ./start bulkhead --help                      everything else
	  ./start bulkhead host stop-service           ends the service; machines run on
	END
}

welcome() { # BULKHEAD VMMS GUEST
	restart_service "$1" "$2" && offer_sample "$1" "$3" && show_the_way "$1"
}
