#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""settings_test.py BULKHEAD-GTK BUILD [STEP...]: each pane of the settings of a machine of a real service, filled by keyboard and by
mouse, a field of each kind as a screen reader does it; what came of it is asked of the service; and what each pane refuses."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hands import Keys, Mouse, Reader, plain  # noqa: E402
from rig import run_with_service  # noqa: E402

MAIN, TITLE = "Bulkhead Manager", "Settings for"
TEXT, CHECK, PICK = "fill", "check", "pick"
PANES = [  # title; fields, by turns the keyboard's and the mouse's: label, how, setting, (entered, kept); the same for the reader
    ("Firmware", [
        ("Start _first from", PICK, "boot.first", ("DVD drive", "cdrom"), ("Hard disk", "disk")),
        ("_Engine", PICK, "boot.engine", ("Translator (works everywhere)", "translator")),
        ("Linux _kernel", TEXT, "boot.kernel", ("/boot/a", "/boot/a")),
        ("Co_mmand line", TEXT, "boot.append", ("console=ttyS0", "console=ttyS0")),
        ("Initial _RAM disk", TEXT, "boot.initrd", ("/boot/c", "/boot/c")),
    ]),
    ("Memory", [
        ("_Startup memory (MiB)", TEXT, "memory.startup-mib", ("700", 700), ("900", 900)),
        ("_Use dynamic memory", CHECK, "memory.dynamic", (True, True), (False, False)),
        ("M_inimum (MiB)", TEXT, "memory.minimum-mib", ("300", 300)),
        ("Ma_ximum (MiB)", TEXT, "memory.maximum-mib", ("3000", 3000)),
        ("_Buffer (%)", TEXT, "memory.buffer-percent", ("30", 30)),
        ("_Weight", TEXT, "memory.weight", ("60", 60)),
    ]),
    ("Processor", [
        ("_Number of processors", TEXT, "processor.count", ("2", 2)),
        ("Pro_cessor", PICK, "processor.compatibility", ("Compatible with all hosts", "compatible")),
        ("_Reserve (%)", TEXT, "processor.reserve-percent", ("5", 5)),
        ("_Limit (%)", TEXT, "processor.limit-percent", ("90", 90)),
        ("_Weight", TEXT, "processor.weight", ("200", 200)),
    ]),
    ("COM Ports", [
        ("_COM 1", PICK, "serial.kind", ("A file", "file")),
        ("CO_M 2", PICK, "serial2.kind", ("Serial console", "console")),
        ("_File or socket of COM 1", TEXT, "serial.path", ("/tmp/com1", "/tmp/com1")),
        ("F_ile or socket of COM 2", TEXT, "serial2.path", ("/tmp/com2", "/tmp/com2")),
    ]),
    ("Display", [
        ("_Maximum resolution", PICK, "display.maximum", ("1024x768", "1024x768")),
        ("_Viewers over the network", TEXT, "display.listen", ("127.0.0.1:5977", "127.0.0.1:5977")),
        ("Viewers must use _TLS", CHECK, "display.tls", (False, False)),
        ("_Keyboard layout of text", PICK, "display.keyboard", ("German", "de")),
        ("_Clipboards of viewers", PICK, "display.clipboard", ("Only what a console is told to type", "asked")),
    ]),
    ("Name and Notes", [
        ("No_tes", TEXT, "vm.notes", ("by keyboard", "by keyboard"), ("by reader", "by reader")),
    ]),
    ("Integration Services", [
        ("Operating system _shutdown", CHECK, "integration.shutdown", (False, False)),
        ("_Time synchronization", CHECK, "integration.time", (False, False)),
        ("Data e_xchange", CHECK, "integration.exchange", (False, False)),
        ("_Heartbeat", CHECK, "integration.heartbeat", (False, False)),
        ("_Backup (volume checkpoint)", CHECK, "integration.backup", (False, False)),
        ("_Guest services (file copy)", CHECK, "integration.copy", (False, False)),
        ("_Data for the guest", TEXT, "guest.pairs", ("A=1", "A=1")),
    ]),
    ("Checkpoints", [
        ("_Allow checkpoints", CHECK, "checkpoints.enabled", (False, False)),
        ("_Type of checkpoints", PICK, "checkpoints.type", ("Standard: with its memory", "standard")),
        ("A _new one at each start", CHECK, "checkpoints.automatic", (True, True)),
    ]),
    ("Automatic Start", [
        ("When the host _starts", PICK, "actions.start", ("Start it always", "always")),
        ("_Delay (seconds)", TEXT, "actions.start-delay-s", ("11", 11)),
    ]),
    ("Automatic Stop", [
        ("_When the host stops", PICK, "actions.stop", ("Save it", "save")),
        ("When a disk _image cannot be written", PICK, "actions.storage", ("Tell the guest of the error", "report")),
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
    fill_all(desk, app, Keys, 0, slice(0, None, 2))


def step_mouse(desk, app):
    fill_all(desk, app, Mouse, 0, slice(1, None, 2))


def step_reader(desk, app):
    fill_all(desk, app, Reader, 1, slice(None))  # a field of each kind


def fill_all(desk, app, hand_class, turn, which):
    open_settings(app)
    hand = hand_class(app, TITLE)
    wanted = {}
    for title, fields in PANES:
        fields = [field for field in fields[which] if len(field) > 3 + turn]
        if not fields:
            continue
        turn_to(desk, app, hand, title)
        for label, how, setting, *values in fields:
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


def step_order(desk, app):
    """The command line names what was changed in the order of the panes, in whichever these were seen."""
    open_settings(app)
    hand = Reader(app, TITLE)
    turn_to(desk, app, hand, "Processor")
    hand.fill("_Weight", "321")
    turn_to(desk, app, hand, "Memory")
    hand.fill("Ma_ximum (MiB)", "3210")
    app.wait_text("memory.maximum-mib=3210 --set processor.weight=321", TITLE)
    close(app)


def step_devices(desk, app):
    """Drives and adapters come, change and go."""
    open_settings(app)
    hand = Mouse(app, TITLE)
    turn_to(desk, app, hand, "SCSI Controller 0")
    hand.press("Add _Hard Drive")
    app.wait_text("New hard drive", TITLE)
    hand.fill("_Size (GiB)", "3")
    turn_to(desk, app, hand, "IDE Controller 0")  # new ones go to controller 1, unless another one is named
    hand.press("Add _DVD Drive")
    app.wait_text("New DVD drive", TITLE)
    turn_to(desk, app, hand, "Network Adapters")
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
    drives = {(d["media"], d["controller"], d["controller-number"]) for d in now["disks"]}
    desk.check("drives", drives == {("disk", "ide", 0), ("disk", "scsi", 0), ("dvd", "ide", 0)}, "are %s" % now["disks"])
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


def step_network_boot(desk, app):
    """The firmware needs a legacy adapter for it."""
    desk.run("vm", "set", "web", "--switch", "none")
    open_settings(app)
    hand = Mouse(app, TITLE)
    hand.pick("Start _first from", "Network")
    hand.press("A_pply")
    app.wait_text("firmware boots from a legacy network adapter, and there is none", TITLE)
    desk.check("a refusal", kept(desk)["boot.first"] != "network", "has changed the machine")
    turn_to(desk, app, hand, "Network Adapters")
    hand.press("_Add Network Adapter")
    app.wait_text("New network adapter", TITLE)
    hand.pick("_Kind of adapter", "Legacy")
    hand.press("A_pply")
    applied(app)
    now = kept(desk)
    desk.check("network boot", (now["boot.first"], [a["kind"] for a in now["adapters"]]) == ("network", ["legacy"]), "is %s" % now)
    close(app)


def step_security(desk, app):
    """What is said there of a machine that is off."""
    open_settings(app)
    turn_to(desk, app, Reader(app, TITLE), "Security", "Virtual machine administrators")
    for fact in ("those that it is delegated to", "VNC viewers can connect to it nowhere now. No password is set",
                 "Each machine runs in a process that can open nothing by itself", "It does not run now"):
        app.wait_text(fact, TITLE)
    app.check_names(TITLE)
    hand = Mouse(app, TITLE)
    hand.press("Set Pa_ssword…")
    Keys(app, "Password for Viewers").fill("_Password", "secret")
    app.keys("Return")
    app.wait_closed("Password for Viewers")
    app.wait_text("A password is set", TITLE)
    hand.press("_Delegate…")
    app.wait_window("Administrators")
    app.keys("Escape")
    app.wait_closed("Administrators")
    close(app)


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


sys.exit(run_with_service(STEPS, "2G"))
