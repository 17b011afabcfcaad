# SPDX-License-Identifier: GPL-2.0-or-later
"""The desk that the desktop manager is tested at: an X server, a session bus and a home of its own; and hands and
eyes: AT-SPI for names, roles and clicks, xdotool for keys, ImageMagick for pictures.

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
        need("Xvfb", "dbus-daemon", "xdotool")
        self.dir = tempfile.mkdtemp(prefix="gtk-desk.")
        self.children = []
        self.failed = 0
        self.cursor_blinks = cursor_blinks
        self.errors = open(os.path.join(self.dir, "stderr"), "w+")
        try:
            self._make(size)
        except BaseException:
            self.close()
            raise

    def _make(self, size):
        read, write = os.pipe()
        self.x = self.spawn(["Xvfb", "-displayfd", str(write), "-screen", "0", size + "x24", "-nolisten", "tcp"],
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
        self.env = env
        self.spawn(["dbus-daemon", "--session", "--nofork", "--address=unix:path=" + self.dir + "/bus"])
        self.wait(lambda: os.path.exists(self.dir + "/bus"), "the session bus")
        os.environ.update({k: env[k] for k in ("DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "HOME", "GTK_A11Y",
                                               "XDG_CONFIG_HOME")})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def spawn(self, argv, **options):
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=options.pop("stdout", subprocess.DEVNULL),
                                 stderr=options.pop("stderr", subprocess.DEVNULL), env=getattr(self, "env", None),
                                 start_new_session=True, **options)
        self.children.append(child)
        return child

    def wait(self, condition, what, limit=LIMIT):
        """Until `condition` is true, and returns what it gave."""
        end = time.monotonic() + limit
        while True:
            try:
                value = condition()
            except Failed:
                raise
            except Exception:  # AT-SPI throws when an object goes while it is looked at
                value = None
            if value:
                return value
            if time.monotonic() > end:
                raise Failed("%s: not within %d s" % (what, limit))
            time.sleep(0.05)

    # --- services ------------------------------------------------------------------------------------------

    def stub(self, program, count=12):
        """T's service without machines; its calls are lines of the file that it returns."""
        calls = os.path.join(self.dir, "calls")
        self.service_process = self.spawn([program, self.dir + "/run/vmms.sock", str(count)], stdout=open(calls, "w"))
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
                              text=True)
        if check and done.returncode:
            raise Failed("bulkhead %s: %s" % (" ".join(words), done.stderr.strip()))
        return done.returncode, done.stdout

    def start(self, program, *words):
        return App(self, program, *words)

    # --- the end --------------------------------------------------------------------------------------------

    def check(self, name, is_good, what=""):
        if not is_good:
            self.failed += 1
            print("FAILED: %s %s" % (name, what))

    def warnings(self):
        self.errors.flush()
        self.errors.seek(0)
        return [line for line in self.errors.read().splitlines()
                if ("WARNING" in line or "CRITICAL" in line or "ERROR" in line) and "dconf" not in line]

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


class App:
    """A running bulkhead-gtk, by its accessible objects."""

    def __init__(self, desk, program, *words):
        self.desk = desk
        self.process = desk.spawn([program, *words], stderr=desk.errors)
        import pyatspi  # after the environment is ours
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi
        self.atspi = pyatspi
        self.cache = Atspi.Cache.NONE
        self.desk.wait(lambda: self.process.poll() is not None or self._application(), "the program on the bus")
        if self.process.poll() is not None:
            raise Failed("%s has ended with %d" % (program, self.process.returncode))

    def _application(self):
        try:
            for child in self.atspi.Registry.getDesktop(0):
                if child and child.get_process_id() == self.process.pid:
                    # GTK does not tell of everything that changes: nothing is remembered.
                    child.set_cache_mask(self.cache)
                    return child
        except Exception:  # the registry is not there yet
            pass
        return None

    # --- looking ---------------------------------------------------------------------------------------------

    def walk(self, top=None, depth=40):
        top = top or self._application()
        if top is None:
            return
        yield top
        if depth:
            try:
                # The cells of long lists take longest to ask; who wants one begins there.
                count = top.childCount if depth == 40 or top.getRoleName() != "tree table" else 0
            except Exception:
                return
            for i in range(count):
                try:
                    child = top.getChildAtIndex(i)
                except Exception:
                    continue
                if child is not None:
                    yield from self.walk(child, depth - 1)

    def is_showing(self, node):
        try:
            states = node.getState()
            return states.contains(self.atspi.STATE_SHOWING) or states.contains(self.atspi.STATE_VISIBLE)
        except Exception:
            return False

    def find(self, name=None, role=None, top=None, contains=False):
        """The first shown object of this name and role; None."""
        for node in self.walk(top):
            try:
                if name is not None and (name not in node.name if contains else node.name.rstrip(":") != name):
                    continue
                if role and node.getRoleName() != role:
                    continue
                if self.is_showing(node):
                    return node
            except Exception:
                continue
        return None

    def get(self, name=None, role=None, window=None, contains=False, limit=LIMIT):
        """As find(), waiting; `window`: the title of the window to look in."""
        def look():
            top = self.window(window) if window else None
            return self.find(name, role, top, contains) if top or not window else None
        return self.desk.wait(look, "%s %r%s" % (role or "object", name, " in " + window if window else ""), limit)

    def window(self, title):
        app = self._application()
        for i in range(app.childCount if app else 0):
            try:
                node = app.getChildAtIndex(i)
                if node is not None and title in (node.name or ""):
                    return node
            except Exception:
                continue
        return None

    def windows(self):
        try:
            app = self._application()
            return [app.getChildAtIndex(i).name for i in range(app.childCount)] if app else []
        except Exception:
            return ["it has ended: %s" % self.process.poll()]

    def text(self, name=None, role=None, window=None):
        """The text of an entry, or the name of a label."""
        node = self.get(name, role, window)
        try:
            return node.queryText().getText(0, -1)
        except NotImplementedError:
            return node.name

    def labels(self, window=None):
        """All that can be read in a window."""
        top = self.window(window) if window else None
        return "\n".join(n.name for n in self.walk(top) if n.name and self.is_showing(n))

    def wait_text(self, text, window=None, limit=LIMIT):
        def look():
            labels = self.labels(window)
            return labels if text in labels else None
        return self.desk.wait(look, "the text %r" % text, limit)

    # --- doing -----------------------------------------------------------------------------------------------

    def click(self, name, role=None, window=None):
        node = self.get(name, role, window)
        self.desk.wait(lambda: node.getState().contains(self.atspi.STATE_SENSITIVE), "%r is enabled" % name)
        node.queryAction().doAction(0)

    def click_until(self, name, role, window, text):
        """A click may come before the page that it is meant for: again, until the text is there."""
        def press():
            self.click(name, role, window)
            try:
                return self.wait_text(text, window, 5)
            except Failed:
                return None
        self.desk.wait(press, "the text %r after %r" % (text, name))

    def choose(self, name, key, window):
        """A check button, by Alt and its underlined letter: those of GTK 4.8 have no action that AT-SPI could do."""
        node = self.get(name, "check box", window)

        def press():
            self.focus(window)
            self.keys("alt+" + key)
            try:
                return self.desk.wait(lambda: node.getState().contains(self.atspi.STATE_CHECKED), name, 3)
            except Failed:
                return None  # the window was not the one with the keyboard yet
        self.desk.wait(press, "%r is chosen" % name)

    def click_at(self, name, role, window):
        """By the mouse: where it lies in the window."""
        node = self.get(name, role, window)
        self.focus(window)
        box = node.queryComponent().getExtents(self.atspi.WINDOW_COORDS)
        subprocess.run(["xdotool", "mousemove", str(box.x + box.width // 2), str(box.y + box.height // 2), "click", "1"])

    def is_enabled(self, name, role=None, window=None):
        return self.get(name, role, window).getState().contains(self.atspi.STATE_SENSITIVE)

    def fill(self, name, text, window=None):
        """An entry of this name."""
        def look():
            top = self.window(window) if window else None
            if window and not top:
                return None
            return self.find(name, "text", top) or self.find(name, "entry", top)
        self.desk.wait(look, "the entry %r" % name).queryEditableText().setTextContents(text)

    def x_window(self, title):
        def look():
            out = subprocess.run(["xdotool", "search", "--name", title], capture_output=True, text=True).stdout.split()
            return out[-1] if out else None
        return self.desk.wait(look, "the window %s" % title)

    def focus(self, title):
        """Without a window manager, the window that gets the keys is told so; it is moved to the corner."""
        window = self.x_window(title)
        for words in (["windowraise", window], ["windowmove", window, "0", "0"], ["windowfocus", "--sync", window]):
            subprocess.run(["xdotool", *words], capture_output=True, timeout=30)
        return window

    def keys(self, *keys):
        subprocess.run(["xdotool", "key", "--delay", "30", *keys], capture_output=True)

    def type(self, text):
        subprocess.run(["xdotool", "type", "--delay", "30", text], capture_output=True)

    def picture(self, title, path):
        window = self.x_window(title)
        subprocess.run(["import", "-window", window, path], capture_output=True)

    def end(self):
        self.process.terminate()
        self.process.wait(30)
