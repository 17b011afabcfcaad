#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# kvm_start_native.py BULKHEAD FIRST WAITS: kvm-start on this machine's /dev/kvm. All our processes are waited for by `bulkhead run`, so the
# kernel's account of its children has them all: user code and kernel, exact (it is made of times on the processor, not of ticks).
import glob
import resource
import statistics
import subprocess
import sys
import time

bulkhead, first, waits = sys.argv[1:]
RUNS, LIMIT_S = 40, 20


def command(kernel):
    return [bulkhead, "run", "--engine", "kvm", "--memory", "512M", "--switch", "none", "--kernel", kernel, "--timeout", str(LIMIT_S)]


def start_ms():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(command(first), stdin=subprocess.DEVNULL, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if b"!" not in said.stdout:
        sys.exit("the guest did not run: %s" % said.stderr.decode())
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


# Pages of the worker's own: all that is its alone, but for the guest's.
def own_kib(pid):
    own = guest = 0
    for line in open("/proc/%s/smaps" % pid):
        if line.startswith("Size:"):
            guest = int(line.split()[1]) >= 512 * 1024
        elif line.startswith("Pss:") and not guest:
            own += int(line.split()[1])
    return own


def worker_of(pid):
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        for child in open(path).read().split():
            if open("/proc/%s/comm" % child).read().strip() == "bulkhead-vmwp":
                return child
    return None


# The guest's byte says that it runs.
def worker_kib():
    machine = subprocess.Popen(command(waits), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    machine.stdout.read(1)
    time.sleep(0.5)
    worker = worker_of(machine.pid)
    own = own_kib(worker) if worker else None
    machine.terminate()
    machine.wait()
    return own


start_ms()
times = sorted(start_ms() for _ in range(RUNS))
own = worker_kib()
print("to the first instruction and out again: %.1f ms of processor time (median of %d; least %.1f, most %.1f)"
      % (statistics.median(times), RUNS, times[0], times[-1]))
print("worker beside its guest: %s" % ("%.1f MiB" % (own / 1024) if own else "not measured"))
sys.exit(3 if statistics.median(times) >= 15 or not own or own >= 8192 else 0)
