#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pages_test.py BULKHEAD-GTK BUILD [STEP...]: each page of the wizards by table, filled three times, by keyboard, by mouse and as a
screen reader does it; the command line that comes of it must be the same each time. What the wizards do and refuse is forms_test's;
New Virtual Machine is windows_test's."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hands import Keys, Mouse, Reader, begin, close, next_page  # noqa: E402
from rig import run_with_service  # noqa: E402

MAIN = "Bulkhead Manager"
HANDS = (Keys, Mouse, Reader)
TEXT, CHECK, PICK = "fill", "check", "pick"


def all_hands(desk, app, action, title, pages, words):
    """`pages`: [(its heading, None for the first one, [(how, label, value...)])]; the last one shows a command, which has `words`."""
    commands = set()
    for hand_class in HANDS:
        hand = begin(app, action, title, hand_class)
        for heading, fields in pages:
            if heading:
                next_page(app, hand, heading)
            for how, label, *value in fields:
                getattr(hand, how)(label, *value)
        app.wait_text("bulkhead ", title)
        command = next(line for line in app.labels(title).splitlines() if line.startswith("bulkhead "))
        commands.add(command)
        desk.check("%s by %s" % (title, hand_class.__name__), all(word in command.split() for word in words.split()), "gives " + command)
        app.check_names(title)
        close(app, title)
    desk.check(title, len(commands) == 1, "gives not the same to all hands: %s" % commands)


def path(desk, name):
    return os.path.join(desk.dir, "home", name)


def step_new_disk(desk, app):
    child, parent = path(desk, "child.vhd"), path(desk, "parent.vhd")
    desk.run("disk", "create", parent, "--format", "vhd", "--size", "8M")
    all_hands(desk, app, "New Hard Disk…", "New Virtual Hard Disk", [
        (None, [(CHECK, "_VHD")]),
        ("Type", [(CHECK, "D_ifferencing")]),
        ("Name and Location", [(TEXT, "Fi_le", child)]),
        ("Configure", [(TEXT, "Pa_rent", parent), (PICK, "Block si_ze", "8 MiB")]),
        ("Summary", []),
    ], "bulkhead disk create %s vhd differencing %s 8M" % (child, parent))


def step_edit_disk(desk, app):
    disk, other = path(desk, "edit.vhdx"), path(desk, "edit.img")
    desk.run("disk", "create", disk, "--size", "8M")
    all_hands(desk, app, "Edit Disk…", "Edit Virtual Hard Disk", [
        (None, [(TEXT, "Fi_le", disk)]),
        ("Action", [(CHECK, "Con_vert")]),
        ("Options", [(TEXT, "Ne_w file", other), (PICK, "For_mat", "VHD"), (PICK, "_Type", "Fixed size")]),
        ("Summary", []),
    ], "bulkhead disk convert %s %s vhd fixed" % (disk, other))


def step_inspect_disk(desk, app):
    title, disk = "Inspect Disk", path(desk, "look.vhdx")
    desk.run("disk", "create", disk, "--size", "24M")
    for hand_class in HANDS:
        hand = begin(app, "Inspect Disk…", title, hand_class)
        hand.fill("Fi_le", disk)
        hand.press("_Inspect")
        desk.wait(lambda: any("24 MiB" in n.text() for n in app.find_all(None, ("label",), title)), "its size")
        close(app, title)


def step_import(desk, app):
    folder = path(desk, "exports")
    os.mkdir(folder)
    desk.run("vm", "export", "web", folder)
    desk.wait(lambda: "running" not in desk.run("job", "list")[1], "the export")
    all_hands(desk, app, "Import Virtual Machine…", "Import Virtual Machine", [
        (None, [(TEXT, "Fol_der", folder + "/web")]),
        ("How", [(CHECK, "_Restore"), (TEXT, "New n_ame", "again")]),
        ("Summary", []),
    ], "bulkhead vm import %s/web --mode restore --name again" % folder)


def step_export(desk, app):
    """No wizard, a question; nobody is asked twice, so each hand exports to a folder of its own."""
    for hand_class in HANDS:
        folder = path(desk, "export-" + hand_class.__name__)
        os.mkdir(folder)
        hand = begin(app, "Export…", "Export", hand_class)
        hand.fill("_Folder", folder)
        hand.press("Export")
        app.wait_closed("Export")
        desk.wait(lambda: os.path.isdir(folder + "/web") and "running" not in desk.run("job", "list")[1], "the export")
        app.enabled("Export…", "push button", MAIN)


def step_move(desk, app):
    folder = path(desk, "moved")
    os.mkdir(folder)
    all_hands(desk, app, "Move…", "Move web", [
        (None, [(CHECK, "Another folder of this host")]),
        ("Place", [(TEXT, "Fol_der", folder)]),
        ("Summary", []),
    ], "bulkhead vm move web " + folder)


def step_delegate(desk, app):
    all_hands(desk, app, "Delegate…", "Administrators", [
        (None, [(TEXT, "_User or group", "daemon")]),
        ("Role", [(CHECK, "VM _viewer")]),
        ("What It Grants", []),
        ("Summary", []),
    ], "bulkhead admin grant user:daemon viewer --vm web")


def step_switch(desk, app):
    all_hands(desk, app, "Virtual Switch Manager…", "Virtual Switch Manager", [
        (None, [(CHECK, "_NAT"), (TEXT, "N_ame", "lab"), (TEXT, "N_otes", "of the lab"), (TEXT, "Ne_twork", "10.77.0.0/24"),
                (TEXT, "Network _boot folder", "/srv/tftp"), (TEXT, "Boot _file", "pxelinux.0")]),
    ], "bulkhead switch create lab /srv/tftp pxelinux.0 10.77.0.0/24")


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


sys.exit(run_with_service(STEPS, "1G"))
