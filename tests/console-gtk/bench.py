#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench.py BUILD [start|idle|scroll|screen]: what the desktop manager needs, under Xvfb with software rendering, with the stub
service: wall and processor time from start to a usable window with 200 machines (bar 400 ms), processor time while idle with plots
(bar 1 %), frames a second while 1,000 machines are scrolled (bar 60, or what GTK's own clock gives to a window that works as long for
each: clock_bench.c), pictures a second of a 1920x1080 guest (bar 30).
On a machine that does other things, too, `chrt -r 1 bench.py BUILD` (as root) measures as if it did not."""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import Desk  # noqa: E402

SCROLL_S = 6
LOST_US = 25000  # one and a half frames


def cpu(pid):
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def now_us():
    return int(time.monotonic() * 1e6)


def started(desk, build):
    """The program tells itself: from its start by the kernel's clock to the first picture with the machines in it."""
    desk.env["BULKHEAD_GTK_TELL"] = str(now_us())
    process = desk.spawn([build + "/console-gtk/bulkhead-gtk"], stderr=subprocess.PIPE)
    took = {}
    while "complete" not in took:
        line = process.stderr.readline().decode()
        if not line:
            raise SystemExit("it has ended")
        found = re.match(r"(usable|complete) after ([0-9.]+) ms", line)
        if found:
            took[found.group(1)] = float(found.group(2)), cpu(process.pid) * 1000
    process.terminate()
    process.wait()
    return took


def start_time(build):
    with Desk() as desk:
        desk.stub(build + "/tests/console-tui/tui-stub", 200)
        runs = [started(desk, build) for _ in range(7)]
    wall, used = (sorted(run["usable"][i] for run in runs) for i in (0, 1))
    rest = sorted(run["complete"][0] for run in runs)
    print("start, 200 machines: usable after %.0f ms (middle of 7; best %.0f), bar 400 ms, ratio %.2f; %.0f ms of processor; all "
          "rows after %.0f ms; load %.1f" % (wall[3], wall[0], wall[3] / 400, used[3], rest[3], os.getloadavg()[0]))


def idle(build):
    with Desk() as desk:
        desk.stub(build + "/tests/console-tui/tui-stub", 200)
        os.makedirs(desk.dir + "/config/bulkhead")
        open(desk.dir + "/config/bulkhead/manager.conf", "w").write("[view]\ntab=3\n")
        app = desk.start(build + "/console-gtk/bulkhead-gtk")
        app.wait_text("200 virtual machines")
        time.sleep(5)
        before = cpu(app.process.pid)
        time.sleep(20)
        percent = (cpu(app.process.pid) - before) * 100 / 20
    print("idle with plots: %.2f %% of a processor, bar 1 %%, ratio %.2f" % (percent, percent))


def clock_rate(build, env, work_us):
    subprocess.run(["ninja", "-C", build, "tests/console-gtk/clock_bench"], check=True, capture_output=True)
    return float(subprocess.run([build + "/tests/console-gtk/clock_bench", str(work_us)], env=env, check=True, capture_output=True, text=True).stdout)


def scroll(build):
    """As fast as the wheel turns: from the first frame to the last one of these seconds."""
    with Desk() as desk:
        desk.stub(build + "/tests/console-tui/tui-stub", 1000)
        desk.env["BULKHEAD_GTK_TELL"] = str(now_us())
        app = desk.start(build + "/console-gtk/bulkhead-gtk")
        app.wait_text("1000 virtual machines")
        app.mouse_at("Bulkhead Manager", 500, 200, button=None)
        before, began = cpu(app.process.pid), now_us()
        wheel = subprocess.Popen(["xdotool", "click", "--repeat", "100000", "--delay", "4", "5"])
        time.sleep(SCROLL_S / 2)
        wheel.kill()
        wheel.wait()
        wheel = subprocess.Popen(["xdotool", "click", "--repeat", "100000", "--delay", "4", "4"])
        time.sleep(SCROLL_S / 2)
        used, ended = cpu(app.process.pid) - before, now_us()
        wheel.kill()
        wheel.wait()
        frames = [tuple(map(int, found)) for found in
                  re.findall(r"frame main at (\d+) us took (\d+) us", open(desk.dir + "/stderr").read())]
        app.end()
        wheel = subprocess.Popen(["xdotool", "click", "--repeat", "100000", "--delay", "4", "5"])
        most = clock_rate(build, desk.env, sorted(took for _, took in frames)[len(frames) // 2])
        wheel.kill()
        wheel.wait()
    frames = [(at, took) for at, took in frames if began <= at <= ended]
    gaps = sorted(b[0] - a[0] for a, b in zip(frames, frames[1:]))
    rate = (len(frames) - 1) * 1e6 / (frames[-1][0] - frames[0][0])
    lost = sum(gap > LOST_US for gap in gaps)
    print("scrolling 1000 machines: %.1f frames a second, bar 60, ratio %.2f; GTK's clock gives %.1f here, ratio %.2f; half of them within "
          "%.1f ms, 95 %% within %.1f ms, %d of %d lost; %.1f ms of processor a frame" %
          (rate, rate / 60, most, rate / most, gaps[len(gaps) // 2] / 1000, gaps[len(gaps) * 95 // 100] / 1000, lost, len(gaps),
           used * 1000 / len(frames)))


def screen(build):
    subprocess.run(["ninja", "-C", build, "tests/console-gtk/screen_bench"], check=True, capture_output=True)
    with Desk("1920x1080") as desk:
        subprocess.run([build + "/tests/console-gtk/screen_bench", build + "/remote-display/bulkhead-display"], env=desk.env)


PARTS = {"start": start_time, "idle": idle, "scroll": scroll, "screen": screen}
for part in sys.argv[2:] or PARTS:
    PARTS[part](os.path.abspath(sys.argv[1]))
