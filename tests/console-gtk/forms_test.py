#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""forms_test.py BULKHEAD-GTK BUILD [STEP...]: the wizards and windows of a host, filled by keyboard, by mouse and as a screen
reader does it, on a real service, which is asked what came of it; and what they refuse."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from app import x_do  # noqa: E402
from atspi import ACTIVE, SENSITIVE  # noqa: E402
from hands import Keys, Mouse, Reader, begin, close, next_page  # noqa: E402
from rig import run_with_service  # noqa: E402

MAIN = "Bulkhead Manager"


def inspect(desk, path):
    done = desk.run("disk", "inspect", path, "--json", check=False)
    return done[0] == 0 and json.loads(done[1])


def new_disk(desk, app, hand_class, name, size, fill):
    title, path = "New Virtual Hard Disk", os.path.join(desk.dir, "home", name)
    hand = begin(app, "New Hard Disk…", title, hand_class)
    fill(hand, path)
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead disk create " + path, title)
    hand.press("_Create")
    app.wait_closed(title)
    image = desk.wait(lambda: inspect(desk, path), "the disk " + name)
    desk.check(name, image["Size"] == size, "is %s" % image)
    return image


def step_new_disk(desk, app):
    def by_keys(hand, path):
        title = hand.window
        next_page(app, hand, "Type")
        hand.check("Fi_xed size")
        next_page(app, hand, "Name and Location")
        hand.fill("Fi_le", "disk.vhdx")
        hand.press("_Next")
        app.wait_text("this is no whole path", title)
        hand.fill("Fi_le", path)
        next_page(app, hand, "Configure")
        hand.fill("_Size", "much")
        hand.press("_Next")
        app.wait_text("much", title)
        desk.wait(lambda: "Something is missing or wrong" in app.labels(title), "the refusal")
        hand.fill("_Size", "8M")

    def by_mouse(hand, path):
        hand.check("VHD")
        next_page(app, hand, "Type")
        next_page(app, hand, "Name and Location")
        hand.fill("Fi_le", path)
        next_page(app, hand, "Configure")
        desk.check("VHD", not app.find("Sector size", None, hand.window), "has a choice of sectors")
        hand.fill("_Size", "16M")

    def by_reader(hand, path):
        next_page(app, hand, "Type")
        hand.check("D_ifferencing")
        next_page(app, hand, "Name and Location")
        hand.fill("Fi_le", path)
        next_page(app, hand, "Configure")
        hand.press("_Next")
        app.wait_text("A file is missing", hand.window)
        hand.fill("Pa_rent", os.path.join(desk.dir, "home", "fixed.vhdx"))

    image = new_disk(desk, app, Keys, "fixed.vhdx", 8 << 20, by_keys)
    desk.check("a fixed disk", image["Type"] == "fixed", "is %s" % image)
    image = new_disk(desk, app, Mouse, "old.vhd", 16 << 20, by_mouse)
    desk.check("a VHD", image["Format"] == "vhd", "is %s" % image)
    image = new_disk(desk, app, Reader, "child.vhdx", 8 << 20, by_reader)
    desk.check("a differencing disk", image["Type"] == "differencing", "is %s" % image)


def edit(desk, app, hand_class, name, fill):
    title, path = "Edit Virtual Hard Disk", os.path.join(desk.dir, "home", name)
    hand = begin(app, "Edit Disk…", title, hand_class)
    hand.press("_Next")
    app.wait_text("A file is missing", title)
    hand.fill("Fi_le", path)
    next_page(app, hand, "Action")
    fill(hand, path)
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead disk ", title)
    hand.press("_Finish")
    app.wait_closed(title)


def step_edit_disk(desk, app):
    def grow(hand, path):
        desk.wait(lambda: not app.is_enabled("Merge", "check box", hand.window), "what has no parent cannot be merged")
        hand.check("_Expand")
        next_page(app, hand, "Options")
        hand.press("_Next")
        app.wait_text("the new size is missing", hand.window)
        hand.fill("_Size", "32M")

    def merge(hand, path):
        hand.check("Mer_ge")
        next_page(app, hand, "Options")
        hand.check("_Remove the file when its content is in the parent")

    def convert(hand, path):
        hand.check("Con_vert")
        next_page(app, hand, "Options")
        hand.fill("Ne_w file", path + ".vhdx")
        hand.pick("_Type", "Fixed size")

    home = os.path.join(desk.dir, "home")
    edit(desk, app, Keys, "old.vhd", grow)
    desk.wait(lambda: inspect(desk, home + "/old.vhd")["Size"] == 32 << 20, "the disk is larger")
    edit(desk, app, Mouse, "child.vhdx", merge)
    desk.wait(lambda: not os.path.exists(home + "/child.vhdx"), "the disk is in its parent")
    edit(desk, app, Reader, "old.vhd", convert)
    image = desk.wait(lambda: inspect(desk, home + "/old.vhd.vhdx"), "the converted disk")
    desk.check("converted", (image["Format"], image["Type"]) == ("vhdx", "fixed"), "is %s" % image)


def step_inspect_disk(desk, app):
    title, path = "Inspect Disk", os.path.join(desk.dir, "home", "fixed.vhdx")
    hand = begin(app, "Inspect Disk…", title, Keys)
    hand.fill("Fi_le", path)
    app.keys("Return")
    desk.wait(lambda: any("8 MiB" in n.text() for n in app.find_all(None, ("label",), title)), "its size")
    hand.fill("Fi_le", "/nowhere.vhdx")
    hand.press("_Inspect")
    app.wait_text("/nowhere.vhdx", title)
    app.check_names(title)
    close(app, title)


def switches(desk):
    return {item["name"]: item for item in json.loads(desk.run("switch", "list", "--json")[1])}


def step_switches(desk, app):
    title = "Virtual Switch Manager"
    hand = begin(app, "Virtual Switch Manager…", title, Keys)
    app.wait_text("What kind of switch", title)
    hand.check("Pri_vate")
    hand.press("_Create")
    app.wait_text("Something is missing or wrong", title)
    hand.fill("N_ame", "lab")
    hand.fill("N_otes", "of the lab")
    hand.press("_Create")
    desk.wait(lambda: "lab" in switches(desk), "the switch")
    desk.check("the switch", switches(desk)["lab"]["kind"] == "private", "is %s" % switches(desk)["lab"])
    hand = Mouse(app, title)
    hand.row("New virtual switch", "Virtual switches")
    app.wait_text("What kind of switch", title)
    hand.check("NAT")
    hand.fill("N_ame", "out")
    hand.fill("Ne_twork", "10.77.0.0/99")
    app.wait_text("10.77.0.0/99", title)
    hand.fill("Ne_twork", "10.77.0.0/24")
    hand.fill("_Port forwards", "tcp:2299:10.77.0.9:22")
    hand.fill("Network _boot folder", "boot")
    hand.press("_Create")
    app.wait_text("is no whole path", title)
    hand.fill("Network _boot folder", desk.dir)
    hand.fill("Boot _file", "two words")
    hand.press("_Create")
    app.wait_text("has a space", title)
    hand.fill("Boot _file", "pxelinux.0")
    hand.press("_Create")
    desk.wait(lambda: "out" in switches(desk), "the other switch")
    made = switches(desk)["out"]
    desk.check("the other switch", (made["nat.network"], made["nat.tftp-folder"], made["nat.boot-file"]) ==
               ("10.77.0.0/24", desk.dir, "pxelinux.0"), "is %s" % made)
    hand = Reader(app, title)
    hand.row("lab (private)", "Virtual switches")
    app.wait_text("Its settings", title)
    desk.wait(lambda: app.text("Name", ("text",), title) == "lab", "the switch is shown")
    hand.fill("N_otes", "of nobody")
    hand.press("_Apply")
    desk.wait(lambda: switches(desk)["lab"]["notes"] == "of nobody", "the notes")
    hand.press("_Delete…")
    app.wait_text("Its settings are lost", "Delete Switch")
    Reader(app, "Delete Switch").press("_Delete")
    desk.wait(lambda: "lab" not in switches(desk), "it is deleted")
    desk.check("the other one", "out" in switches(desk), "is gone")
    app.check_names(title)
    close(app, title)


def step_external_switch(desk, app):
    """What may cut this host off is said before it is done; where there can be none, why is said."""
    title = "Virtual Switch Manager"
    hand = begin(app, "Virtual Switch Manager…", title, Reader)
    app.wait_text("What kind of switch", title)
    if not app.is_enabled("External", ("check box",), title):
        app.wait_text("Not here: ", title)
        close(app, title)
        return
    hand.check("_External")
    app.wait_text("The host's own connection may be interrupted, or lost", title)
    hand.fill("N_ame", "lan")
    hand.press("_Create")
    app.wait_text("Something is missing or wrong", title)
    free = [a for a in json.loads(desk.run("switch", "adapters", "--json")[1]) if not a["used-by"]]
    if free:
        hand.pick("_Host adapter", ", ".join([free[0]["name"], *free[0]["addresses"]]))
        hand.press("_Create")
        app.wait_text("who works over it may lose the host", "External Switch")
        close(app, "External Switch")
    desk.check("the warning", "lan" not in switches(desk), "came too late: the switch is there")
    close(app, title)


def grants(desk):
    return desk.run("admin", "list")[1]


def step_administrators(desk, app):
    title = "Administrators"
    app.click("Administrators…", "push button", MAIN)
    app.wait_text("group:bulkhead-admins: administrator on this host", title)
    app.click("Grant a Role…", "push button", title)
    desk.wait(lambda: app.find("User or group", ("text", "entry"), title), "the wizard")
    hand = Mouse(app, title)
    hand.fill("_User or group", "nobody-of-this-name")
    hand.press("_Next")
    app.wait_text("There is no such user or group", title)
    hand.fill("_User or group", "daemon")
    next_page(app, hand, "Role")
    hand.check("VM _viewer")
    hand.press("_Next")
    app.wait_text("No machine is chosen", title)
    hand.check("web")
    next_page(app, hand, "What It Grants")
    app.wait_text("and may not, by this:", title)
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead admin grant user:daemon viewer --vm web", title)
    hand.press("_Grant")
    desk.wait(lambda: "daemon" in grants(desk), "the grant")
    app.click("Refresh", "push button", title)
    app.wait_text("user:daemon: viewer on web", title)
    app.mouse("Who May Do What", ("page tab", "label"), title)
    app.wait_text("✓ yes", title)
    hand.fill("_User", "daemon")
    app.keys("Return")
    app.wait_text("– no", title)
    app.mouse("Granted Roles", ("page tab", "label"), title)
    buttons = list(app.find_all("Revoke", ("push button",), title))
    desk.check("the administrators' group", [b.has(SENSITIVE) for b in buttons].count(False) == 1, "can be revoked")
    next(b for b in buttons if b.has(SENSITIVE)).act()
    desk.wait(lambda: "user:daemon" not in app.labels(title), "it is gone")
    desk.check("revoked", "daemon" not in grants(desk), "is still there")
    close(app, title)


def step_delegate(desk, app):
    """From a machine, which is chosen then; and what is no machine's: a privilege on the host."""
    title = "Administrators"
    hand = begin(app, "Delegate…", title, Keys)
    hand.fill("_User or group", "daemon")
    next_page(app, hand, "Role")
    hand = Mouse(app, title)
    desk.check("the machine", app.get("web", "check box", title).is_checked(), "is not chosen")
    hand.check("VM _administrator")
    next_page(app, hand, "What It Grants")
    hand = Reader(app, title)
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead admin grant user:daemon vm-administrator --vm web", title)
    hand.press("_Grant")
    app.wait_closed(title)
    desk.check("delegated", "vm-administrator" in grants(desk), "is %s" % grants(desk))
    desk.run("admin", "revoke", "user:daemon", "--vm", "web")


def names(desk):
    return desk.run("vm", "list", "--names")[1].split()


def jobs_done(desk):
    desk.wait(lambda: "running" not in desk.run("job", "list")[1], "all jobs are done")


def step_export_import(desk, app):
    folder = os.path.join(desk.dir, "exports")
    os.mkdir(folder)
    app.click("Export…", "push button", MAIN)
    Mouse(app, "Export").fill("_Folder", folder)
    app.mouse("Export", "push button", "Export")
    app.wait_closed("Export")
    desk.wait(lambda: os.path.isdir(folder + "/web"), "the export")
    jobs_done(desk)
    title = "Import Virtual Machine"
    hand = begin(app, "Import Virtual Machine…", title, Keys)
    hand.fill("Fol_der", "/nowhere")
    hand.press("_Next")
    app.wait_text("/nowhere: there is no such folder", title)
    hand.fill("Fol_der", folder + "/web")
    next_page(app, hand, "How")
    hand.fill("New n_ame", "copy")
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead vm import %s/web --mode copy --name copy" % folder, title)
    hand.press("_Import")
    app.wait_closed(title)
    desk.wait(lambda: "copy" in names(desk), "the imported machine")


def step_move(desk, app):
    title, folder = "Move web", os.path.join(desk.dir, "moved")
    os.mkdir(folder)
    app.click("Move…", "push button", MAIN)
    app.wait_window(title)
    hand = Keys(app, title)
    next_page(app, hand, "Place")
    hand.fill("Fol_der", "here")
    hand.press("_Next")
    app.wait_text("give the whole path", title)
    hand.fill("Fol_der", folder)
    next_page(app, hand, "Summary")
    app.wait_text("web moves to %s/web" % folder, title)
    app.wait_text("bulkhead vm move web " + folder, title)
    app.wait_text("the files of web go to", title)
    app.check_names(title)
    hand.press("_Move")
    app.wait_closed(title)
    desk.wait(lambda: os.path.isfile(folder + "/web/web.vhdx") and not desk.run("job", "list")[1].count("running"), "the move")
    app.click("Move…", "push button", MAIN)
    app.wait_window(title)
    hand = Mouse(app, title)
    hand.check("Another host")
    next_page(app, hand, "Place")
    hand.press("_Next")
    app.wait_text("give the host as ssh reaches it", title)
    hand.press("_Previous")
    hand.check("Its own folder of the inventory")
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead vm move web --back", title)
    hand.press("_Move")
    app.wait_closed(title)
    desk.wait(lambda: not os.path.exists(folder + "/web"), "the move back")


def step_notification(desk, app):
    """Who looks elsewhere is told when a job ends, and by the desktop's own means."""
    folder = os.path.join(desk.dir, "others")
    os.mkdir(folder)
    window = app.focus(MAIN)
    x_do("windowminimize", window)
    desk.wait(lambda: not app.window(MAIN).has(ACTIVE), "the window is not looked at")
    before = desk.notified()
    desk.run("vm", "export", "web", folder)
    desk.wait(lambda: "web" in desk.notified()[len(before):], "a notification")
    x_do("windowactivate", window)
    app.focus(MAIN)


def step_trash(desk, app):
    title = "Trash"
    desk.run("vm", "delete", "copy")
    desk.wait(lambda: "copy" not in names(desk), "it is deleted")
    app.click("Trash…", "push button", MAIN)
    app.wait_text("copy, deleted", title)
    app.check_names(title)
    app.mouse("Undelete", "push button", title)
    desk.wait(lambda: "copy" in names(desk), "it is back")
    app.wait_text("The trash is empty", title)
    desk.check("an empty trash", not app.is_enabled("Empty…", "push button", title), "can be emptied")
    close(app, title)


def step_gone(desk, app):
    """Somebody else deletes the machine whose settings were changed here, and whose screen is looked at."""
    title, screen = "Settings for web", "web on"
    app.mouse("web", "label", MAIN)
    begin(app, "Connect…", screen)
    app.wait_text("web is off: press Start.", screen)
    app.focus(MAIN)
    hand = begin(app, "Settings…", title)
    hand.row("Processor", "Panes")
    hand.fill("_Weight", "321")
    app.enabled("Apply", "push button", title)
    desk.run("vm", "delete", "web")
    app.wait_text("This virtual machine is there no more.", screen)
    hand.press("A_pply")
    app.wait_text("This virtual machine is not there any more: it was deleted", title)
    desk.run("vm", "undelete", "web")
    app.wait_text("web is off: press Start.", screen)
    hand.press("A_pply")  # what was refused is still there to be tried again
    desk.wait(lambda: json.loads(desk.run("vm", "show", "web", "--json")[1])["settings"]["processor.weight"] == 321, "what was changed")
    close(app, title)
    app.menu("File", "Close", screen)
    app.wait_closed(screen)


def step_quick_create(desk, app):
    """A machine of one page, which runs at once in a connection window."""
    title, image = "Quick Create", os.path.join(desk.dir, "home", "disc.iso")
    hand = begin(app, "Quick Create…", title, Keys)
    desk.check("what is empty", not app.is_enabled("Create and Start", "push button", title), "can be created")
    hand.fill("N_ame", "quick")
    hand = Mouse(app, title)
    hand.fill("Disc _image", "/nowhere.iso")
    app.wait_text("there is no such file", title)
    with open(image, "wb") as file:
        file.truncate(1 << 20)
    hand = Reader(app, title)
    hand.fill("Disc _image", image)
    app.wait_text("bulkhead vm create quick --memory 2G --processors 2", title)
    app.check_names(title)
    hand.press("_Create and Start")
    app.wait_window("quick on")
    app.wait_closed(title)
    desk.run("vm", "wait", "quick", "--for", "running", "--timeout", "300")
    made = json.loads(desk.run("vm", "show", "quick", "--json")[1])["settings"]
    desk.check("quick", (made["memory.startup-mib"], made["processor.count"], made["boot.first"], len(made["adapters"])) ==
               (2048, 2, "cdrom", 1) and image in [d["path"] for d in made["disks"] if d["media"] == "dvd"] and
               [d["media"] for d in made["disks"]].count("disk") == 1, "is %s" % made)
    desk.run("vm", "off", "quick")
    desk.run("vm", "wait", "quick", "--for", "off", "--timeout", "300")
    app.menu("File", "Close", "quick on")
    app.wait_closed("quick on")
    desk.run("vm", "delete", "quick")


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


sys.exit(run_with_service(STEPS, "1G"))
