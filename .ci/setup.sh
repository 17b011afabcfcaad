# SPDX-License-Identifier: GPL-2.0-or-later
# Set-up shared by ./start, ./check and tests/bench/run (sourced, never run): packages and build folders.
# Callers set `top` to the checkout. Nothing here reads stdin.

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -n "$@" 2>/dev/null || sudo "$@" </dev/tty
	else
		return 1
	fi
}

# packages_of KIND...: the packages of .ci/packages that these kinds need
packages_of() {
	awk -v kinds=" $* " '!/^#/ && NF == 2 && index(kinds, " " $1 " ") { print $2 }' "$top/.ci/packages"
}

missing_packages() {
	local p
	for p in $(packages_of "$@"); do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

apt_quiet() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" \
		</dev/null
}

# install_packages KIND...: only what is missing. On systems without apt it names the packages and stops.
install_packages() {
	local missing log
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
		{ say "this system has no apt; make sure that it has what these Debian packages hold: $(packages_of "$@" | tr '\n' ' ')"; return 0; }
	missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	say "installing: $missing"
	log=$(mktemp)
	# The list of packages may be empty (a fresh container) or old; both show as a failed install.
	# shellcheck disable=SC2086
	apt_quiet install -y --no-install-recommends $missing >"$log" 2>&1 ||
		{ apt_quiet update >"$log" 2>&1 && apt_quiet install -y --no-install-recommends $missing >>"$log" 2>&1; } ||
		{ tail -n 20 "$log" >&2; rm -f "$log"; die "cannot install packages; install them as root: apt-get install $missing"; }
	rm -f "$log"
}

# with_lock NAME COMMAND...: one at a time per checkout, so that two checks may run at once
with_lock() {
	local name=$1
	shift
	mkdir -p "$top/.build"
	(
		flock 9 || exit 1
		"$@" 9>&-
	) 9>"$top/.build/$name.lock"
}

# On a terminal one line that is written over says what goes on; elsewhere nothing does.
show_step() {
	[ ! -t 2 ] || printf '\r\033[K%s' "$*" >&2
}

# configure DIR MESON-OPTIONS...: makes .build/DIR once; again when the options differ from last time
configure() {
	local dir=$top/.build/$1 options="${*:2} CC=${CC:-}" log
	[ ! -f "$dir/build.ninja" ] || [ "$(cat "$dir/options" 2>/dev/null)" != "$options" ] || return 0
	mkdir -p "$top/.build"
	log=$top/.build/$1.setup.log
	rm -rf "$dir"
	show_step "looking at this system"
	meson setup "$dir" "$top" "${@:2}" </dev/null >"$log" 2>&1 ||
		{ tail -n 30 "$log" >&2; return 1; }
	printf '%s\n' "$options" >"$dir/options"
}

# show_progress: passes ninja's output on; on a terminal it tells how far it is
show_progress() {
	[ -t 2 ] || { cat; return; }
	awk 'match($0, /^\[[0-9]+\/[0-9]+\]/) {
			split(substr($0, 2, RLENGTH - 2), step, "/")
			printf "\r\033[Kbuilding: %d of %d", step[1], step[2] >"/dev/stderr"
			fflush("/dev/stderr")
		}
		{ print }'
	show_step
}

# build DIR [TARGET...]: says nothing in a log unless it fails
build() {
	local dir=$top/.build/$1 log=$top/.build/$1.build.log
	shift
	ninja -C "$dir" "$@" </dev/null 2>&1 | show_progress >"$log"
	[ "${PIPESTATUS[0]}" -eq 0 ] ||
		{ grep -E -A12 'FAILED|ERROR:|error:|warning:' "$log" | head -n 60 >&2; [ -s "$log" ] || say "ninja failed"; return 1; }
}
