# SPDX-License-Identifier: GPL-2.0-or-later
"""A Linux guest that tells on its serial console what its keyboard and pointer do: the lines of its input devices."""
import fcntl
import os
import re
import subprocess

LINE = re.compile(r"^ *%s *$" % " +".join([r"(\d+)"] * 12), re.M)  # struct input_event of 64 bits, in halves of 16 bits
EV_KEY, EV_REL, EV_ABS = 1, 2, 3


def sample(top):
    """The folder of the sample guest with Debian's standard kernel, whose driver of the synthetic screen needs no PCI; made when
    it is not there. None: it cannot be."""
    folder = os.path.join(top, ".build/guest-amd64")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(top, ".build/console.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run([os.path.join(top, "tests/guest/build-sample"), folder], stdin=subprocess.DEVNULL,
                              capture_output=True, env=dict(os.environ, GUEST_KERNEL="amd64"))
    return folder if made.returncode == 0 else None


class Guest:
    """A machine of the desk's service, made of `folder` (vmlinuz, initrd) and started by somebody."""

    def __init__(self, desk, name, folder, *settings):
        self.desk, self.name, self.follower = desk, name, None
        desk.run("vm", "create", name, "--kernel", folder + "/vmlinuz", "--initrd", folder + "/initrd", "--memory", "512M",
                 "--append", "console=tty0 console=ttyS0 quiet loglevel=1", *settings)

    def state(self):
        return next((line.split()[1] for line in self.desk.run("vm", "list")[1].splitlines() if line.startswith(self.name + " ")),
                    None)

    def wait_state(self, wanted):
        self.desk.wait(lambda: self.state() == wanted, "%s is %s" % (self.name, wanted))

    def wait_shell(self):
        """What its serial console says is written along from here."""
        self.desk.run("vm", "wait", self.name, "--for", "guest# ", "--timeout", "300")
        self.follow()

    def follow(self):
        """The same of one that goes on from a saved state."""
        if self.follower:
            self.follower.terminate()
            self.follower.wait()
        self.log = os.path.join(self.desk.dir, self.name + ".serial")
        self.start = 0
        self.follower = self.desk.spawn([self.desk.bulkhead, "vm", "connect", self.name, "--look"], stdout=open(self.log, "w"))

    def wait_end(self):
        """The process that ran it is gone, and with it what it says."""
        self.desk.wait(lambda: self.follower.poll() is not None, "the end of its serial console")

    def wait_restart(self):
        """Of the guest, since what it said was forgotten; its shell is there again."""
        def is_there():
            return "guest# " in self.said().rpartition("Bulkhead sample guest")[2] if "Bulkhead sample guest" in self.said() else False
        self.desk.wait(is_there, "the guest starts anew")

    def said(self):
        """Since it was last forgotten."""
        with open(self.log, errors="replace") as file:
            return file.read().replace("\r", "")[self.start:]

    def forget(self):
        self.start += len(self.said())

    def wait_said(self, text):
        self.desk.wait(lambda: text in self.said(), "the guest says %r" % text)

    def do(self, command):
        """In the shell at its serial console; waits for its end."""
        self.count = getattr(self, "count", 0) + 1
        self.desk.run("vm", "type", self.name, command + "; echo done-$((%d))" % self.count, "--serial", "--enter")
        self.wait_said("done-%d\n" % self.count)

    def watch_input(self):
        """From now on, each event of a key and a pointer is a line."""
        self.do("modprobe evdev; stty -echo")
        self.do("for e in /dev/input/event*; do od -An -v -w24 -tu2 $e & done 2>/dev/null")

    def events(self, kind):
        """(code, value) of all events of this kind so far."""
        found = []
        for numbers in LINE.findall(self.said()):
            numbers = [int(number) for number in numbers]
            if numbers[8] == kind:
                found.append((numbers[9], numbers[10] | numbers[11] << 16))
        return found
