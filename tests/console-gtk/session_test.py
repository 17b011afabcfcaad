#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""session_test.py BULKHEAD-GTK BULKHEAD STUB [STEP...]: one process for each session, --connect NAME, several hosts through an ssh
that only changes to another service of this computer, lost connections, what is kept until the next start."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from far import FAR, Ssh  # noqa: E402
from rig import Desk, run_steps  # noqa: E402

MAIN = "Bulkhead Manager"


class Session:
    def __init__(self, desk, program, bulkhead, stub):
        self.desk, self.program, self.stub = desk, program, stub
        os.mkdir(desk.dir + "/lab", 0o700)
        self.ssh = Ssh(desk, bulkhead, desk.dir + "/lab")
        self.start_lab()

    def start_lab(self):
        path = self.desk.dir + "/lab/vmms.sock"
        if os.path.exists(path):
            os.unlink(path)
        self.lab = self.desk.spawn([self.stub, path, "3"])
        self.desk.wait(lambda: os.path.exists(path), "the other computer's service")

    def again(self, *words):
        """A second start: its exit status and what it said."""
        done = subprocess.run([self.program, *words], env=self.desk.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120)
        return done.returncode, done.stderr


def step_single(desk, app, session):
    app.wait_text("12 virtual machines", MAIN)
    desk.check("a second start", session.again()[0] == 0, "fails")
    desk.check("a second start", app.windows() == [MAIN], "opens %s" % app.windows())
    desk.check("--connect", session.again("--connect", "backup")[0] == 0, "fails")
    app.wait_window("backup on This computer")
    session.again("--connect", "backup")
    app.wait_window("backup on This computer")
    desk.check("--connect twice", len(app.windows()) == 2, "opens %s" % app.windows())
    app.focus("backup on")
    app.menu("File", "Close", "backup on")
    app.wait_closed("backup on")


def step_unknown(desk, app, session):
    session.again("--connect", "nobody")
    desk.wait(lambda: "nobody: there is no virtual machine of this name" in open(desk.dir + "/stderr").read(), "the sentence")


def step_hosts(desk, app, session):
    app.focus(MAIN)
    app.keys("ctrl+o")
    app.wait_window("Connect to Host")
    app.fill("USER@HOST", FAR, "Connect to Host")
    app.click("Connect", "push button", "Connect to Host")
    app.mouse(FAR, "label", MAIN)
    app.wait_text("3 virtual machines", MAIN)


def step_lost(desk, app, session):
    """The way there ends, and is found again; then the service there is away for a while."""
    pid = session.ssh.pids()[-1]
    os.kill(pid, signal.SIGTERM)
    desk.wait(lambda: session.ssh.pids()[-1] != pid, "another ssh")
    app.wait_text("3 virtual machines", MAIN)
    session.lab.kill()
    session.lab.wait()
    app.wait_text(FAR + " (not connected)", MAIN)
    session.start_lab()
    app.wait_text("3 virtual machines", MAIN)
    desk.check("the host is back", FAR + " (" not in app.labels(MAIN), "is marked")
    app.mouse("This computer", "label", MAIN)
    app.wait_text("12 virtual machines", MAIN)


def step_kept(desk, app, session):
    """Hosts, theme and tab are there again in the next process."""
    app.mouse("Memory", ("label", "page tab"), MAIN)
    app.focus(MAIN)
    app.keys("ctrl+q")
    app.process.wait(60)
    kept = open(desk.dir + "/config/bulkhead/manager.conf").read()
    desk.check("the session", FAR in kept and "tab=1" in kept, "kept %r" % kept)
    app.__dict__.update(desk.start(session.program).__dict__)
    app.wait_text("12 virtual machines", MAIN)
    app.mouse(FAR, "label", MAIN)
    app.wait_text("3 virtual machines", MAIN)


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


def main():
    program, bulkhead, stub = (os.path.abspath(path) for path in sys.argv[1:4])
    with Desk() as desk:
        desk.stub(stub, 12)
        session = Session(desk, program, bulkhead, stub)
        app = desk.start(program)
        run_steps(desk, app, STEPS, sys.argv[4:], session)
        app.end()
        return desk.finish()


sys.exit(main())
