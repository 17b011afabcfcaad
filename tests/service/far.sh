# SPDX-License-Identifier: GPL-2.0-or-later
# A second service, of the host lab, and a program that stands for the ssh that leads there (sourced after lib.sh).
far_begin() { # after service_begin
	far_pid=
	mkdir there bin
	ln -s "$bulkhead" bin/bulkhead
	# ssh -T -- HOST COMMAND...: the shell of that host has the other service.
	cat >ssh-there <<-END
	#!/bin/sh
	shift 2
	[ "\$1" = lab ] || exit 255
	shift
	echo \$\$ >$dir/carrier
	export BULKHEAD_DATA=$dir/there/data BULKHEAD_RUNTIME=$dir/there/run
	exec sh -c "exec \$*"
	END
	chmod +x ssh-there
	export PATH=$dir/bin:$PATH BULKHEAD_SSH=$dir/ssh-there
}
far() { BULKHEAD_DATA=$dir/there/data BULKHEAD_RUNTIME=$dir/there/run "$bulkhead" "$@"; }
far_start() {
	local until=$((SECONDS + 60))
	BULKHEAD_DATA=$dir/there/data BULKHEAD_RUNTIME=$dir/there/run "$vmms" 2>>there/log &
	far_pid=$!
	while [ $SECONDS -lt $until ]; do far host show >/dev/null 2>&1 && return 0; sleep 0.02; done
	echo 'the service over there does not start'; cat there/log; exit 1
}
far_stop() { # SIGNAL
	kill -"$1" "$far_pid"
	wait "$far_pid" 2>/dev/null
}
far_end() { # before service_end
	[ -z "$far_pid" ] || far_stop 9 2>/dev/null
	for record in "$dir"/there/run/workers/*.run; do
		[ -f "$record" ] && read -r pid _ <"$record" && kill -9 "$pid" 2>/dev/null
	done
}
far_idle() {
	local until=$((SECONDS + 60))
	while [ $SECONDS -lt $until ] && far job list --json | grep -q '"State": "running"'; do sleep 0.05; done
}
