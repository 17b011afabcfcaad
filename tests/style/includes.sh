#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks every #include line against includes.table: nothing points upward.
set -u
. "$(dirname "$0")/sources.sh"
declare -A folders libraries
bad=0
complain() { echo "$1: $2"; bad=$((bad + 1)); }

while IFS=: read -r folder may with; do
	read -r folder <<<"$folder"
	[ -n "$folder" ] && [ "${folder:0:1}" != '#' ] || continue
	read -r folders["$folder"] <<<"$may"
	read -r libraries["$folder"] <<<"$with"
done <tests/style/includes.table

# folder_of PATH: the longest folder of the table that holds it
folder_of() {
	local path=${1%/*}
	while [ -n "$path" ]; do
		[ -z "${folders[$path]:-}" ] || { echo "$path"; return; }
		[ "$path" != "${path%/*}" ] || return
		path=${path%/*}
	done
}

# library_of HEADER: which library of the table's names a <header> belongs to; nothing for libc and Linux
library_of() {
	case $1 in
	glib* | gmodule*) echo glib ;;
	gio/* | gdbus*) echo gio ;;
	gtk/* | adwaita* | gdk/*) echo gtk ;;
	vte/*) echo vte ;;
	curses* | ncurses*) echo ncurses ;;
	rfb/*) echo rfb ;;
	liburing*) echo liburing ;;
	libslirp* | slirp/*) echo slirp ;;
	Zydis/* | Zydis.h) echo zydis ;;
	esac
}

# resolve FILE INCLUDE: the file of this repository that FILE means, as the compiler would look for it
resolve() {
	local place
	for place in "${1%/*}" hypervisor/include hypervisor vmm remote-display .; do
		if [ -e "$place/$2" ]; then
			realpath --relative-to=. "$place/$2"
			return
		fi
	done
}

check_line() { # FILE FOLDER KIND NAME
	local library target other
	if [ "$3" = '<' ]; then
		library=$(library_of "$4")
		[ -z "$library" ] || [[ " ${libraries[$2]} " == *" $library "* ]] || complain "$1" "$2/ may not use $library (<$4>)"
		[[ $4 != hv/* ]] || [ "$2" = hypervisor ] || [[ " ${folders[$2]} " == *" hv "* ]] || complain "$1" "$2/ may not include <$4>"
		return
	fi
	target=$(resolve "$1" "$4")
	[ -n "$target" ] || return 0 # made by the build
	if [[ $target == hypervisor/include/* ]] && [ "$2" != hypervisor ]; then
		[[ " ${folders[$2]} " == *" hv "* ]] || complain "$1" "$2/ may not include $4"
		return
	fi
	other=$(folder_of "$target")
	[ "$other" = "$2" ] || [[ " ${folders[$2]} " == *" ${other:-none} "* ]] ||
		complain "$1" "$2/ may not include ${other:-$target} (\"$4\")"
	# One VSP never includes another; the engines know only engine.h of each other.
	if [[ $1 == vmm/vsp/*/* && $target == vmm/vsp/*/* ]]; then
		[ "$(cut -d/ -f3 <<<"$1")" = "$(cut -d/ -f3 <<<"$target")" ] || complain "$1" "one VSP never includes another (\"$4\")"
	fi
	if [[ $1 == hypervisor/engine/kvm/* && $target == hypervisor/engine/translator/* ]] ||
		[[ $1 == hypervisor/engine/translator/* && $target == hypervisor/engine/kvm/* ]]; then
		complain "$1" "one engine never includes the other (\"$4\")"
	fi
}

while IFS=: read -r file line; do
	folder=$(folder_of "$file")
	[ -n "$folder" ] || { complain "$file" "its folder is not in includes.table"; continue; }
	[[ $line =~ include[[:space:]]*([\<\"])([^\>\"]+) ]] && check_line "$file" "$folder" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
done < <(sources '*.c' '*.h' '*.S' | grep -v '^tests/' |
	xargs -d '\n' -r grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' 2>/dev/null)

[ "$bad" -eq 0 ] || echo "$bad includes against tests/style/includes.table"
[ "$bad" -eq 0 ]
