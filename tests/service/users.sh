# SPDX-License-Identifier: GPL-2.0-or-later
# Real users and groups for tests of the service (sourced after lib.sh): they exist only in a mount namespace.
#   users_enter "$@"    in the first line: skips without root, else runs the test again inside of the namespace
#   users_make          alice (Bulkhead Administrator), bob (in the group lab), carol, dave, eve
#   as_user USER PROGRAM...  runs it as that user; programs are copied where these may go: users_program PATH
users_enter() {
	[ "$(id -u)" = 0 ] || { echo "skipped: only root can be other users"; exit 77; }
	command -v setpriv >/dev/null || { echo "skipped: no setpriv"; exit 77; }
	if [ "${1:-}" != inside ]; then
		unshare -m true 2>/dev/null || { echo "skipped: no mount namespace here"; exit 77; }
		exec unshare -m --propagation private "$0" inside "$@"
	fi
}

users_make() {
	local uid=60001 user
	chmod 755 "$dir"
	# All of /etc: whoever adds a user to this computer meanwhile replaces its files, and what is mounted over them goes.
	cp -a /etc etc && chmod 755 etc || { echo "skipped: /etc cannot be copied"; exit 77; }
	for user in alice bob carol dave eve; do
		echo "$user:x:$uid:$uid::/nonexistent:/bin/sh" >>etc/passwd
		echo "$user:x:$uid:" >>etc/group
		uid=$((uid + 1))
	done
	sed -i '/^bulkhead-admins:/d' etc/group
	echo 'bulkhead-admins:x:60100:alice' >>etc/group
	echo 'lab:x:60101:bob' >>etc/group
	mount --bind etc /etc || { echo "skipped: no bind mounts here"; exit 77; }
	mkdir -p bin && chmod 755 bin
}

users_program() { # PATH
	cp "$1" "$dir/bin/" && chmod 755 "$dir/bin/$(basename "$1")"
}

as_user() { # USER PROGRAM ARGUMENTS...
	local user=$1 program=$2
	shift 2
	setpriv --reuid "$user" --regid "$user" --init-groups \
		env BULKHEAD_RUNTIME="$BULKHEAD_RUNTIME" "$dir/bin/$program" "$@"
}

system_service_start() {
	"$vmms" --system --data "$dir/data" --runtime "$dir/run" 2>>"$dir/vmms.log" &
	service_pid=$!
	service_wait
}
