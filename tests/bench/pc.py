# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/bench/pc runs: machines are driven through their serial port; CPU time is that of all their processes."""
import argparse, json, os, re, select, shutil, subprocess, sys, tempfile, time

arguments = argparse.ArgumentParser()
arguments.add_argument('--rounds', type=int, default=3)
arguments.add_argument('--processors', type=int, default=1)
arguments.add_argument('--only', action='append', choices=['grub', 'boot'])
arguments.add_argument('--media', required=True)
arguments.add_argument('--json', required=True)
options = arguments.parse_args()
only = options.only or ['grub', 'boot']
ticks = os.sysconf('SC_CLK_TCK')
data = {}       # (what, machine): values
failures = []


def command(machine, memory, medium):
    processors = str(options.processors)
    if machine == 'bulkhead':
        return [os.environ['BULKHEAD'], 'run', '--engine', os.environ.get('ENGINE', 'auto'), '--memory', f'{memory}M', '--processors',
                processors, '--no-enlightenments', '--serial', 'stdio', '--cdrom' if medium.endswith('.iso') else '--disk', medium]
    drive = ['-cdrom', medium] if medium.endswith('.iso') else ['-drive', f'file={medium},format=raw,if=ide']
    return ['qemu-system-x86_64', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-m', str(memory), '-smp', processors, '-nodefaults',
            '-no-user-config', '-vga', 'std', '-display', 'none', '-serial', 'stdio', *drive]


def cpu_of(pid):
    """Seconds of a process, its children, and what they have waited for."""
    try:
        fields = open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()
        children = ''.join(open(f'/proc/{pid}/task/{task}/children').read() for task in os.listdir(f'/proc/{pid}/task'))
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / ticks + sum(cpu_of(int(child)) for child in children.split())


class Machine:
    def __init__(self, name, memory, medium):
        self.process = subprocess.Popen(command(name, memory, medium), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.text = ''

    def cpu(self):
        return cpu_of(self.process.pid)

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def expect(self, pattern, seconds):
        """What matched; forgets all up to its end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end():]
                return found
            if select.select([self.process.stdout], [], [], 0.5)[0]:
                part = os.read(self.process.stdout.fileno(), 65536)
                if not part:
                    break
                self.text += part.decode(errors='replace')
        raise RuntimeError(f'never said {pattern!r}; its last words: {self.text[-300:]!r}')

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def note(what, machine, value):
    data.setdefault((what, machine), []).append(value)


def grub(machine, work):
    guest = Machine(machine, 64, f'{options.media}/grub.iso')
    try:
        guest.expect('Entry Two', 120)
        note('grub', machine, guest.cpu())
    finally:
        guest.end()


def boot(machine, work):
    disk = f'{work}/{machine}.img'
    if not os.path.exists(disk):
        subprocess.run(['cp', '--sparse=always', f'{options.media}/debian.img', disk], check=True)
    guest = Machine(machine, 512, disk)
    try:
        guest.expect('guest login:', 300)
        note('login', machine, guest.cpu())
        for question, answer in ('', 'root\n'), ('Password:', 'bulk\n'), (':~# ', 'stty -echo\n'), (':~# ', ''):
            guest.expect(question, 60)
            guest.type(answer)
        for _ in range(3):
            guest.type('dd if=/dev/sda of=/dev/null bs=1M count=300 iflag=direct\n')
            seconds = float(guest.expect(r'copied, ([0-9.e-]+) s', 120)[1])
            note('read', machine, 300 / seconds)
        # A console that scrolls: the lines are on the guest's own disk cache by then.
        guest.type('seq 1 3000 >/tmp/lines; time cat /tmp/lines >/dev/tty1\n')
        found = guest.expect(r'real\s+([0-9]+)m([0-9.]+)s', 300)
        note('scroll', machine, 3000 / (int(found[1]) * 60 + float(found[2])))
        guest.type('poweroff\n')
        guest.process.wait(120)
    finally:
        guest.end()


# what, its text, unit, is more better?, the bar for Bulkhead / TCG
rows = [
    ('grub', "to GRUB's menu", 'CPU s', False, 1.0),
    ('login', 'Debian to its login prompt', 'CPU s', False, 0.7),
    ('read', 'IDE DMA, 1 MiB a read', 'MiB/s', True, 1.0),
    ('scroll', 'lines on the VGA console', '1/s', True, None),
]


def report():
    """Best of all rounds; a ratio below 1 is good for CPU time, above 1 for rates."""
    is_missed, result = False, {}
    print(f'{"":28} {"Bulkhead":>10} {"TCG":>10} {"":6} {"ratio":>6}  bar')
    for what, text, unit, is_more_better, bar in rows:
        ours, theirs = data.get((what, 'bulkhead')), data.get((what, 'tcg'))
        if not ours or not theirs:
            continue
        best = max if is_more_better else min
        ratio = best(ours) / best(theirs)
        is_met = bar is None or (ratio >= bar if is_more_better else ratio <= bar)
        is_missed |= not is_met
        limit = '' if bar is None else f'{">=" if is_more_better else "<="} {bar}{"" if is_met else "  MISSED"}'
        print(f'{text:28} {best(ours):10.2f} {best(theirs):10.2f} {unit:6} {ratio:6.2f}  {limit}')
        result[what] = {'unit': unit, 'bulkhead': ours, 'tcg': theirs, 'ratio': ratio, 'bar': bar, 'is_met': is_met}
    with open(options.json, 'w') as file:
        json.dump({'rounds': options.rounds, 'processors': options.processors, 'results': result}, file, indent='\t')
    return is_missed


work = tempfile.mkdtemp(prefix='bulkhead-bench-pc.')
try:
    for i in range(options.rounds):
        for machine in ('bulkhead', 'tcg') if i % 2 == 0 else ('tcg', 'bulkhead'):
            print(f'round {i + 1} of {options.rounds}: {machine}', file=sys.stderr)
            for part in only:
                try:
                    {'grub': grub, 'boot': boot}[part](machine, work)
                except RuntimeError as error:
                    print(f'{machine}: {part}: {error}', file=sys.stderr)
                    failures.append(part)
finally:
    shutil.rmtree(work)
is_missed = report()
sys.exit(1 if failures else 3 if is_missed else 0)
