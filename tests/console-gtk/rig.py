# SPDX-License-Identifier: GPL-2.0-or-later
"""The desk that the desktop manager is tested at: an X server with a window manager, a session bus and a home of its own.
Hands and eyes are in app.py.

    with Desk() as desk:
        desk.stub(STUB, 200)            a service without machines; or desk.service(BUILD)
        app = desk.start(PROGRAM)
        app.click("Start"); app.wait(lambda: ...); app.picture("main.png")

Everything waits for conditions, never for a time. Warnings of GTK on standard error fail the test at the end."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import atspi

LIMIT = int(os.environ.get("GTK_TEST_LIMIT", "90"))  # seconds; for a machine under heavy load


class Failed(Exception):
    pass


def need(*programs):
    """Skips the test when one of these is missing."""
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        print("skipped: there is no", ", ".join(missing))
        sys.exit(77)


class Desk:
    def __init__(self, size="1280x900", cursor_blinks=True):
        need("Xvfb", "dbus-daemon", "xdotool", "openbox")
        self.dir = tempfile.mkdtemp(prefix="gtk-desk.")
        self.children = []
        self.failed = 0
        self.cursor_blinks = cursor_blinks
        self.size = tuple(int(side) for side in size.split("x"))
        self.errors = open(os.path.join(self.dir, "stderr"), "w+")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started goes, too
        try:
            self._make(size)
        except BaseException:
            self.close()
            raise

    def _make(self, size):
        read, write = os.pipe()
        # Without -noreset it throws all out, the window manager too, whenever the last client of the moment goes.
        self.x = self.spawn(["Xvfb", "-displayfd", str(write), "-screen", "0", size + "x24", "-nolisten", "tcp", "-noreset"],
                            pass_fds=[write])
        os.close(write)
        display = b""
        while not display.endswith(b"\n"):
            piece = os.read(read, 16)
            if not piece:
                raise Failed("the X server does not start")
            display += piece
        os.close(read)
        for name in ("run", "config", "data", "xdg", "home"):
            os.mkdir(os.path.join(self.dir, name), 0o700)
        os.mkdir(self.dir + "/config/gtk-4.0")
        with open(self.dir + "/config/gtk-4.0/settings.ini", "w") as file:
            file.write("[Settings]\ngtk-cursor-blink=%s\ngtk-enable-animations=false\n" %
                       ("true" if self.cursor_blinks else "false"))
        env = {k: v for k, v in os.environ.items() if not k.startswith(("BULKHEAD", "DBUS", "XDG", "WAYLAND", "GTK", "GDK"))}
        env.update(DISPLAY=":" + display.decode().strip(), HOME=self.dir + "/home", XDG_RUNTIME_DIR=self.dir + "/xdg",
                   XDG_CONFIG_HOME=self.dir + "/config", BULKHEAD_RUNTIME=self.dir + "/run",
                   BULKHEAD_DATA=self.dir + "/data", GDK_BACKEND="x11", GSETTINGS_BACKEND="memory", NO_AT_BRIDGE="0",
                   GTK_A11Y="atspi", LC_ALL="C.UTF-8", GSK_RENDERER="cairo",
                   DBUS_SESSION_BUS_ADDRESS="unix:path=" + self.dir + "/bus")
        if "GTK_TEST_SCALE" in os.environ:
            env["GDK_SCALE"] = os.environ["GTK_TEST_SCALE"]
        self.env = env
        self.spawn(["dbus-daemon", "--session", "--nofork", "--address=unix:path=" + self.dir + "/bus"])
        self.wait(lambda: os.path.exists(self.dir + "/bus"), "the session bus")
        os.environ["DISPLAY"] = env["DISPLAY"]  # for xdotool
        self.notes = self.dir + "/notifications"
        here = os.path.dirname(os.path.abspath(__file__))
        self.spawn([sys.executable, here + "/notifications.py", self.notes])
        # Full screen, and who has the keyboard, are a window manager's.
        self.spawn(["openbox", "--sm-disable"])
        self.wait(lambda: subprocess.run(["xdotool", "get_num_desktops"], capture_output=True, env=env).returncode == 0,
                  "the window manager")
        self.wait(lambda: os.path.exists(self.notes), "who takes notifications")

    def notified(self):
        """What the desktop was told so far."""
        return open(self.notes).read()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def spawn(self, argv, **options):
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=options.pop("stdout", subprocess.DEVNULL),
                                 stderr=options.pop("stderr", subprocess.DEVNULL),
                                 env=options.pop("env", getattr(self, "env", None)), start_new_session=True, **options)
        self.children.append(child)
        return child

    def wait(self, condition, what, limit=LIMIT):
        """Until `condition` is true, and returns what it gave."""
        end, what_else = time.monotonic() + limit, ""
        while True:
            try:
                value = condition()
            except Failed:
                raise
            except atspi.Gone as gone:  # while it was looked at
                value, what_else = None, " (%s)" % gone
            if value:
                return value
            if time.monotonic() > end:
                raise Failed("%s: not within %d s%s" % (what, limit, what_else))
            time.sleep(0.05)

    def soon(self, condition, limit=LIMIT):
        """As wait(), but what does not come in time is ""."""
        try:
            return self.wait(condition, "", limit)
        except Failed:
            return ""

    # --- services ------------------------------------------------------------------------------------------

    def stub(self, program, count=12, *words):
        """The terminal manager's service without machines; its calls are lines of the file that it returns."""
        calls = os.path.join(self.dir, "calls")
        self.service_process = self.spawn([program, self.dir + "/run/vmms.sock", str(count), *words], stdout=open(calls, "w"))
        self.wait(lambda: os.path.exists(self.dir + "/run/vmms.sock"), "the stub service")
        return calls

    def service(self, build, worker=None):
        """A real private service; `bulkhead` talks to it."""
        self.bulkhead = os.path.join(build, "vmm/cli/bulkhead")
        if worker:
            self.env["BULKHEAD_WORKER"] = worker
        self.service_process = self.spawn([os.path.join(build, "vmm/service/bulkhead-vmms")],
                                          stderr=open(self.dir + "/vmms.log", "w"))
        self.wait(lambda: self.run("host", "show", check=False)[0] == 0, "the management service")

    def run(self, *words, check=True):
        done = subprocess.run([self.bulkhead, *words], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600)
        if check and done.returncode:
            raise Failed("bulkhead %s: %s" % (" ".join(words), done.stderr.strip()))
        return done.returncode, done.stdout

    def remember(self, text):
        """What the manager finds of the last time."""
        os.makedirs(self.dir + "/config/bulkhead", exist_ok=True)
        with open(self.dir + "/config/bulkhead/manager.conf", "w") as file:
            file.write(text)

    def start(self, program, *words, **options):
        from app import App
        return App(self, program, *words, **options)

    # --- the end --------------------------------------------------------------------------------------------

    def check(self, name, is_good, what=""):
        if not is_good:
            self.failed += 1
            print("FAILED: %s %s" % (name, what))

    def warnings(self):
        self.errors.flush()
        self.errors.seek(0)
        return [line for line in self.errors.read().splitlines()
                if any(word in line for word in ("WARNING", "CRITICAL", "ERROR", "BLOCKING", "runtime error")) and "dconf" not in line]

    def finish(self):
        """The exit status of the test."""
        bad = self.warnings()
        for line in bad[:10]:
            print("FAILED: on standard error:", line)
        if not bad and not self.failed:
            print("all good")
        return 1 if bad or self.failed else 0

    def close(self):
        for record in self.records():
            try:
                os.kill(record, signal.SIGKILL)
            except OSError:
                pass
        for child in reversed(self.children):
            try:
                os.killpg(child.pid, signal.SIGTERM)
            except OSError:
                pass
        for child in reversed(self.children):
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def records(self):
        """The workers that our service started."""
        folder = self.dir + "/run/workers"
        pids = []
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            try:
                pids.append(int(open(os.path.join(folder, name)).read().split()[0]))
            except (OSError, ValueError, IndexError):
                pass
        return pids


def run_steps(desk, app, steps, chosen, *arguments):
    """Each of `steps` (name, function), or those of `chosen` names; the first failure ends it, with a picture where
    GTK_TEST_PICTURE says so."""
    for name, step in steps:
        if chosen and name not in chosen:
            continue
        began = time.monotonic()
        try:
            step(desk, app, *arguments)
            desk.check("the program", app.process.poll() is None, "has ended")
        except (Failed, atspi.Gone) as failure:
            if "GTK_TEST_PICTURE" in os.environ:
                desk.spawn(["import", "-window", "root", os.environ["GTK_TEST_PICTURE"]]).wait()
            desk.check(name, False, "%s; windows: %s" % (failure, app.windows()))
            return
        print("%s: %.1f s" % (name, time.monotonic() - began), flush=True)


def run_with_service(steps, disk_size):
    """On a real service with the machine "web", which has one disk: BULKHEAD-GTK BUILD [STEP...] of the command line. The exit status."""
    program, build = (os.path.abspath(path) for path in sys.argv[1:3])
    with Desk() as desk:
        desk.service(build)
        desk.run("vm", "create", "web", "--memory", "512M", "--disk", "new:" + disk_size)
        app = desk.start(program)
        app.wait_text("1 virtual machine", "Bulkhead Manager")
        run_steps(desk, app, steps, sys.argv[3:])
        app.end()
        return desk.finish()
