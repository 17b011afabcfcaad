# SPDX-License-Identifier: GPL-2.0-or-later
"""An ssh that only changes to another service of this computer: USER@lab is there, nobody knows any other name, and who connects
to a host whose name ends with sleeps waits for ever. What it runs there goes through a shell, as ssh does it."""
import os
import signal
import stat

FAR = "alice@lab"
SSH = """#!/bin/bash
while [ "$1" != -- ]; do shift; done
shift
host=$1
shift 2
echo "$$ $host $*" >>%(log)s
case $host in
	*lab) export BULKHEAD_RUNTIME=%(run)s ;;
	*sleeps) exec sleep 600 ;;
	*) echo "ssh: Could not resolve hostname $host: Name or service not known" >&2; exit 255 ;;
esac
[ ! -e %(log)s.closed ] || { echo "ssh: connect to host $host port 22: Connection refused" >&2; exit 255; }
exec sh -c "exec %(bulkhead)s $*"
"""


class Ssh:
    """For programs that the desk starts from now on; `run` is the folder of the other service's socket."""

    def __init__(self, desk, bulkhead, run):
        self.log = desk.dir + "/ssh.log"
        path = desk.dir + "/ssh"
        with open(path, "w") as file:
            file.write(SSH % {"log": self.log, "run": run, "bulkhead": bulkhead})
        os.chmod(path, stat.S_IRWXU)
        desk.env["BULKHEAD_SSH"] = path

    def pids(self, word=""):
        """Of those that were started, in their order; `word`: among what they were to run."""
        if not os.path.exists(self.log):
            return []
        lines = [line.split(" ", 2) for line in open(self.log).read().splitlines()]
        return [int(pid) for pid, _, words in lines if word in words]

    def living(self, word=""):
        return [pid for pid in self.pids(word) if os.path.exists("/proc/%d/exe" % pid)]

    def end(self, word=""):
        for pid in self.living(word):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass  # it has ended by itself

    def shut(self, is_shut):
        """Whether the way to the lab is refused."""
        if is_shut:
            open(self.log + ".closed", "w").close()
        else:
            os.unlink(self.log + ".closed")
