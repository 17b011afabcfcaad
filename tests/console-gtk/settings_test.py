#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""settings_test.py BULKHEAD-GTK BUILD [STEP...]: each pane of the settings of a machine of a real service, filled by keyboard, by
mouse and as a screen reader does it; what came of it is asked of the service; and what each pane refuses."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hands import Keys, Mouse, Reader, plain  # noqa: E402
from rig import Desk, run_steps  # noqa: E402

MAIN, TITLE = "Bulkhead Manager", "Settings for"
TEXT, CHECK, PICK = "fill", "check", "pick"
PANES = [  # title; fields: label, how, setting, what each of the three hands makes of it: (entered, kept)
    ("Firmware", [
        ("Start _first from", PICK, "boot.first", (("DVD drive", "cdrom"), ("Hard disk", "disk"), ("DVD drive", "cdrom"))),
        ("Linux _kernel", TEXT, "boot.kernel", (("/boot/a", "/boot/a"), ("/boot/b", "/boot/b"), ("", ""))),
        ("Initial _RAM disk", TEXT, "boot.initrd", (("/boot/c", "/boot/c"), ("/boot/d", "/boot/d"), ("", ""))),
        ("Co_mmand line", TEXT, "boot.append", (("console=ttyS0", "console=ttyS0"), ("quiet", "quiet"), ("", ""))),
        ("_Engine", PICK, "boot.engine", (("Translator (works everywhere)", "translator"), ("Automatic", "auto"),
                                          ("Translator (works everywhere)", "translator"))),
    ]),
    ("Memory", [
        ("_Startup memory (MiB)", TEXT, "memory.startup-mib", (("700", 700), ("800", 800), ("900", 900))),
        ("_Use dynamic memory", CHECK, "memory.dynamic", ((True, True), (False, False), (True, True))),
        ("M_inimum (MiB)", TEXT, "memory.minimum-mib", (("300", 300), ("400", 400), ("500", 500))),
        ("Ma_ximum (MiB)", TEXT, "memory.maximum-mib", (("3000", 3000), ("4000", 4000), ("5000", 5000))),
        ("_Buffer (%)", TEXT, "memory.buffer-percent", (("30", 30), ("40", 40), ("50", 50))),
        ("_Weight", TEXT, "memory.weight", (("60", 60), ("70", 70), ("80", 80))),
    ]),
    ("Processor", [
        ("_Number of processors", TEXT, "processor.count", (("2", 2), ("3", 3), ("4", 4))),
        ("Pro_cessor", PICK, "processor.compatibility", (("Compatible with all hosts", "compatible"), ("As this host has it", "host"),
                                                         ("Compatible with all hosts", "compatible"))),
        ("_Reserve (%)", TEXT, "processor.reserve-percent", (("5", 5), ("6", 6), ("7", 7))),
        ("_Limit (%)", TEXT, "processor.limit-percent", (("90", 90), ("80", 80), ("70", 70))),
        ("_Weight", TEXT, "processor.weight", (("200", 200), ("300", 300), ("400", 400))),
    ]),
    ("COM Ports", [
        ("_COM 1", PICK, "serial.kind", (("A file", "file"), ("Nowhere", "none"), ("A file", "file"))),
        ("_File or socket", TEXT, "serial.path", (("/tmp/com1", "/tmp/com1"), ("", ""), ("/tmp/com2", "/tmp/com2"))),
    ]),
    ("Display", [
        ("_Viewers over the network", TEXT, "display.listen", (("127.0.0.1:5977", "127.0.0.1:5977"), ("none", "none"),
                                                               ("127.0.0.1:5978", "127.0.0.1:5978"))),
        ("Viewers must use _TLS", CHECK, "display.tls", ((False, False), (True, True), (False, False))),
        ("_Keyboard layout of text", PICK, "display.keyboard", (("German", "de"), ("French", "fr"), ("US", "us"))),
        ("_Clipboards of viewers", PICK, "display.clipboard", (("Only what a console is told to type", "asked"),
                                                               ("Are typed as they come", "always"),
                                                               ("Only what a console is told to type", "asked"))),
    ]),
    ("Name and Notes", [
        ("No_tes", TEXT, "vm.notes", (("by keyboard", "by keyboard"), ("by mouse", "by mouse"), ("by reader", "by reader"))),
    ]),
    ("Integration Services", [
        ("Operating system _shutdown", CHECK, "integration.shutdown", ((False, False), (True, True), (False, False))),
        ("_Time synchronization", CHECK, "integration.time", ((False, False), (True, True), (False, False))),
        ("Data e_xchange", CHECK, "integration.exchange", ((False, False), (True, True), (False, False))),
        ("_Heartbeat", CHECK, "integration.heartbeat", ((False, False), (True, True), (False, False))),
        ("_Backup (volume checkpoint)", CHECK, "integration.backup", ((False, False), (True, True), (False, False))),
        ("_Guest services (file copy)", CHECK, "integration.copy", ((False, False), (True, True), (False, False))),
        ("_Data for the guest", TEXT, "guest.pairs", (("A=1", "A=1"), ("B=2", "B=2"), ("C=3", "C=3"))),
    ]),
    ("Checkpoints", [
        ("_Allow checkpoints", CHECK, "checkpoints.enabled", ((False, False), (True, True), (False, False))),
        ("A _new one at each start", CHECK, "checkpoints.automatic", ((True, True), (False, False), (True, True))),
    ]),
    ("Automatic Start", [
        ("When the host _starts", PICK, "actions.start", (("Start it always", "always"), ("Start it if it was running", "if-running"),
                                                          ("Nothing", "nothing"))),
        ("_Delay (seconds)", TEXT, "actions.start-delay-s", (("11", 11), ("12", 12), ("13", 13))),
    ]),
    ("Automatic Stop", [
        ("_When the host stops", PICK, "actions.stop", (("Save it", "save"), ("Turn it off", "turn-off"), ("Save it", "save"))),
        ("When a disk _image cannot be written", PICK, "actions.storage",
         (("Tell the guest of the error", "report"), ("Pause it on each error", "pause-on-errors"),
          ("Pause it when the host's disk is full", "pause-when-full"))),
    ]),
]


def kept(desk):
    return json.loads(desk.run("vm", "show", "web", "--json")[1])["settings"]


def open_settings(app):
    app.enabled("Settings…", "push button", MAIN)
    app.click("Settings…", "push button", MAIN)
    app.wait_text("What it starts from.", TITLE)


def close(app):
    app.focus(TITLE)
    app.keys("Escape")
    app.wait_closed(TITLE)


def applied(app):
    """Until nothing is left to be applied."""
    app.desk.wait(lambda: not app.is_enabled("Apply", "push button", TITLE), "the settings are applied: " + app.labels(TITLE)[-300:])


def turn_to(desk, app, hand, title, heading=None):
    if isinstance(hand, Keys):
        app.focus(TITLE)
        while (app.focused(TITLE) or app.root()).name != title:
            app.press_until_focus_moves("ctrl+Next", TITLE)
    else:
        hand.row(title, "Panes")
    desk.wait(lambda: any(n.parent.role != "list item" for n in app.find_all(heading or title, ("label",), TITLE)), "the pane " + title)


def step_keyboard(desk, app):
    fill_all(desk, app, Keys, 0)


def step_mouse(desk, app):
    fill_all(desk, app, Mouse, 1, step=2)


def step_reader(desk, app):
    fill_all(desk, app, Reader, 2, ("Firmware", "Memory", "Name and Notes", "Checkpoints"))  # a field of each kind


def fill_all(desk, app, hand_class, turn, titles=None, step=1):
    open_settings(app)
    hand = hand_class(app, TITLE)
    wanted = {}
    for title, fields in PANES:
        if titles and title not in titles:
            continue
        turn_to(desk, app, hand, title)
        for label, how, setting, values in fields[::step]:
            getattr(hand, how)(label, values[turn][0])
            wanted[setting] = values[turn][1]
    hand.press("A_pply")
    applied(app)
    now = kept(desk)
    for setting, value in wanted.items():
        desk.check("settings", now.get(setting) == value, "by %s: %s is %r, not %r" % (hand_class.__name__, setting, now.get(setting), value))
    close(app)


def refused(app, pane, hand, label, text, sentence):
    turn_to(app.desk, app, hand, pane)
    hand.fill(label, text)
    app.wait_text(sentence, TITLE)


def step_refusals(desk, app):
    """What is wrong with a text stands at its field as it is typed; what is wrong with all of it, beside the buttons."""
    open_settings(app)
    app.check_names(TITLE)
    hand = Reader(app, TITLE)
    before = kept(desk)
    refused(app, "Display", hand, "_Viewers over the network", "nowhere", "is no place to listen")
    hand.fill("_Viewers over the network", "none")
    refused(app, "Name and Notes", hand, "N_ame", "", "has no name")
    hand.fill("N_ame", "web")
    refused(app, "Integration Services", hand, "_Data for the guest", "no pair", "write it as KEY=VALUE")
    hand.fill("_Data for the guest", before["guest.pairs"])
    refused(app, "Checkpoints", hand, "_Folder of their disks", "x", "absolute path")
    hand.fill("_Folder of their disks", "")
    turn_to(desk, app, hand, "Processor")
    hand.fill("_Reserve (%)", "80")
    hand.fill("_Limit (%)", "50")
    hand.press("A_pply")
    app.wait_text("the reserve of 80 % is above the limit of 50 %", TITLE)
    desk.check("refusal", kept(desk) == before, "has changed the machine")
    close(app)


def step_devices(desk, app):
    """Drives and adapters come, change and go."""
    open_settings(app)
    hand = Mouse(app, TITLE)
    turn_to(desk, app, hand, "SCSI Controller 0")
    hand.press("Add _Hard Drive")
    app.wait_text("New hard drive", TITLE)
    hand.fill("_Size (GiB)", "3")
    turn_to(desk, app, hand, "SCSI Controller 0")
    hand.press("Add _DVD Drive")
    app.wait_text("New DVD drive", TITLE)
    turn_to(desk, app, hand, "Network Adapters", "Network adapters")
    hand.press("_Add Network Adapter")
    app.wait_text("New network adapter", TITLE)
    hand.fill("_MAC address", "zz")
    app.wait_text("02:15:5d", TITLE)
    hand.fill("_MAC address", "02:15:5d:00:00:09")
    hand.fill("V_LAN identifier", "7")
    hand.check("_DHCP guard")
    hand.check("Ro_uter guard")
    hand.press("A_pply")
    applied(app)
    now = kept(desk)
    drives = {(d["media"], d["controller"]) for d in now["disks"]}
    desk.check("drives", drives == {("disk", "ide"), ("disk", "scsi"), ("dvd", "scsi")}, "are %s" % now["disks"])
    adapter = now["adapters"][0]
    desk.check("adapter", (adapter["mac"], adapter["vlan"], adapter["dhcp-guard"], adapter["router-guard"]) ==
               ("02:15:5d:00:00:09", 7, True, True), "is %s" % adapter)
    rows = [n.name for n in app.find_all(None, ("list item",), TITLE)]
    hand = Keys(app, TITLE)
    turn_to(desk, app, hand, next(name for name in rows if "0: Hard Drive web.vhdx" in name), "Hard drive")
    hand.fill("Ma_ximum IOPS", "200")
    turn_to(desk, app, hand, next(name for name in rows if "DVD Drive" in name), "DVD drive")
    hand.press("_Take It Off")
    app.wait_text("Keep It", TITLE)
    turn_to(desk, app, hand, next(name for name in rows if name.startswith("1: ") and "Drive" not in name), "Network adapter")
    hand.press("_Take It Off")
    hand.press("A_pply")
    applied(app)
    now = kept(desk)
    desk.check("drives", [(d["media"], d["max-iops"]) for d in now["disks"] if d["controller"] == "ide"] == [("disk", 200)] and
               not any(d["media"] == "dvd" for d in now["disks"]) and not now["adapters"], "are %s, %s" % (now["disks"], now["adapters"]))
    close(app)


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


def main():
    program, build = (os.path.abspath(path) for path in sys.argv[1:3])
    with Desk() as desk:
        desk.service(build)
        desk.run("vm", "create", "web", "--memory", "512M", "--disk", "new:2G")
        app = desk.start(program)
        app.wait_text("1 virtual machine", MAIN)
        run_steps(desk, app, STEPS, sys.argv[3:])
        app.end()
        return desk.finish()


sys.exit(main())
