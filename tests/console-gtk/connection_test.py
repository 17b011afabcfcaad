#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""connection_test.py BULKHEAD-GTK BUILD [STEP...]: the connection window with a real Linux guest that tells what its keyboard
and pointer do; only the steps that are named. GTK_TEST_SCALE=2: on a screen of twice the resolution."""
import configparser
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import EV_ABS, EV_KEY, Guest, sample  # noqa: E402
import atspi  # noqa: E402
from far import FAR, Ssh  # noqa: E402
from rfb import Viewer  # noqa: E402
from rig import Desk, Failed, need, run_steps  # noqa: E402
from app import x_do  # noqa: E402
from xtest import Hand  # noqa: E402

NAME = "tiny"
TITLE = NAME + " on"
# Of the 105 keys, all but those that stop or restart things by themselves (SysRq), by input-event-codes.h.
KEYS = (list(range(1, 84)) + [86, 87, 88, 96, 97, 98, 100] + list(range(102, 109)) + [109, 110, 111, 119, 125, 126, 127])
LOCKS = (58, 69, 70)
CTRL, SHIFT, ALT, ALTGR, SUPER = 29, 42, 56, 100, 125


def step_overlay(desk, app, guest, hand):
    app.wait_text("tiny is off: press Start.", TITLE)
    app.mouse("Start", "push button", TITLE)
    guest.wait_state("Running")
    guest.wait_shell()
    desk.wait(lambda: not app.find("Start", "push button", TITLE).parent.is_shown() or "press Start" not in app.labels(TITLE),
              "the overlay goes")
    desk.wait(lambda: any("×" in line for line in app.labels(TITLE).splitlines()), "the size of the screen in the footer")
    follows_guest(desk, app)
    guest.watch_input()


def guest_size(app):
    line = next(line for line in app.labels(TITLE).splitlines() if "×" in line)
    return tuple(int(word) for word in line.split("   ")[-1].split(" × "))


def follows_guest(desk, app):
    """The screen is one to one in its window, as far as the monitor goes."""
    shows_screen(desk, app)
    most = tuple(side // app.scale for side in desk.size)

    def fits():
        size, wanted = app.get("Guest screen", None, TITLE).extents()[2:], guest_size(app)
        return all(abs(side - want // app.scale) <= 1 or (side < want and side > limit - 220)
                   for side, want, limit in zip(size, wanted, most))
    desk.wait(fits, "the window is as large as the guest's screen")


def take_keyboard(desk, app, title=TITLE):
    """A click gives the guest the keyboard."""
    if "Keyboard goes to the guest" not in app.labels(title):
        app.mouse("Guest screen", None, title)
        app.wait_text("Keyboard goes to the guest", title)


def over_screen(app, name):
    """A button of the overlay: the toolbar has one of the same name."""
    return next((node for node in app.find_all(name, ("push button",), TITLE) if node.extents()[1] > 100), None)


def press_over_screen(desk, app, name):
    node = desk.wait(lambda: over_screen(app, name), "%s over the screen" % name)
    app.mouse_at(TITLE, *app.point(node))


def sized(app, width, height):
    """The window, so that the guest's screen has this much place: in pixels of the monitor, but for what stands around it."""
    x_do("windowsize", app.x_window(TITLE), str(width), str(height + 98 * app.scale))


def tool(app, name):
    """A button of the toolbar, for which the window is made wider if need be."""
    if not app.find(name, "push button", TITLE):
        sized(app, 1000 * app.scale, 700 * app.scale)
    return app.get(name, "push button", TITLE)


def press_tool(app, name):
    tool(app, name)
    app.mouse(name, "push button", TITLE)


def why_not(app, name):
    """What the toolbar's tooltip says besides what the button does; "": it can be pressed."""
    node = tool(app, name)
    lines = node.description.split("\n")
    return "" if node.has(atspi.SENSITIVE) else lines[-1]


def shows_screen(desk, app, title=TITLE):
    desk.wait(lambda: any("×" in line for line in app.labels(title).splitlines()), "it shows the screen")


def pressed(events):
    return [code for code, value in events if value == 1]


def expect_keys(desk, guest, codes, what):
    """Each pressed once, in this order, and nothing held at the end."""
    def here():  # a release of what was pressed before may come late
        return [(code, value) for code, value in guest.events(EV_KEY) if code < 0x100 and (value or code in codes)]

    desk.soon(lambda: len(pressed(here())) >= len(codes) and len([1 for _, value in here() if value == 0]) >= len(codes))
    events = here()
    desk.check(what, pressed(events) == codes, "sent %s, got %s" % (codes, pressed(events)))
    held = set()
    for code, value in events:
        held.add(code) if value else held.discard(code)
    desk.check(what, not held, "left %s pressed" % held)


def step_keys(desk, app, guest, hand):
    take_keyboard(desk, app)
    for at in range(0, len(KEYS), 20):  # the console's history is short
        guest.forget()
        for code in KEYS[at:at + 20]:
            hand.press(code)
        expect_keys(desk, guest, KEYS[at:at + 20], "keys %d to %d" % (at, at + 20))
    guest.forget()
    for code in LOCKS:  # Scroll Lock stops a console
        hand.press(code)
    expect_keys(desk, guest, list(LOCKS), "locks once more")


def step_modifiers(desk, app, guest, hand):
    """Also those that the program, its menus or the window manager would take. Ctrl+Alt+F1 never leaves an X server."""
    take_keyboard(desk, app)
    chords = [(CTRL, 46), (CTRL, 31), (CTRL, 33), (CTRL, 16), (ALT, 33), (ALT, 62), (ALT, 15), (SHIFT, 68), (ALTGR, 16),
              (CTRL, SHIFT, 46), (SUPER, 18), (SHIFT, ALTGR, 12), (59,), (68,)]
    guest.forget()
    for chord in chords:
        hand.press(*chord)
    expect_keys(desk, guest, [code for chord in chords for code in chord], "chords")
    desk.check("chords", app.process.poll() is None and app.window(TITLE), "have closed the window")


def step_layout(desk, app, guest, hand):
    """Places count, whatever the host's layout makes of them."""
    take_keyboard(desk, app)
    subprocess.run(["setxkbmap", "-layout", "de"], env=desk.env, check=True)
    guest.forget()
    row = list(range(16, 28)) + [12, 13, 41, 43, 86]
    for code in row:
        hand.press(code)
    hand.press(ALTGR, 16)
    hand.press(SHIFT, 12)
    expect_keys(desk, guest, row + [ALTGR, 16, SHIFT, 12], "a German keyboard")
    subprocess.run(["setxkbmap", "-layout", "us"], env=desk.env, check=True)


def step_release(desk, app, guest, hand):
    take_keyboard(desk, app)
    guest.forget()
    hand.press(CTRL, ALT, 105)
    app.wait_text("Click the screen to type", TITLE)
    hand.press(30)
    take_keyboard(desk, app)
    hand.press(48)
    desk.wait(lambda: (48, 0) in guest.events(EV_KEY), "a key after the release")
    got = pressed(guest.events(EV_KEY))
    desk.check("release", 30 not in got and 105 not in got, "%s" % got)
    held = dict(guest.events(EV_KEY))  # the last of each
    desk.check("release", not any(held.values()), "left pressed: %s" % held)


def step_typing(desk, app, guest, hand):
    """At its own console, which only the screen and the keyboard reach."""
    guest.do("(while :; do session /dev/tty1 sh -i; done &)")  # what is pressed while it starts may end it
    take_keyboard(desk, app)
    hand.press(CTRL, 46)  # away with what was pressed so far

    def answered():
        app.type("echo $((6*7))-By-Keys >/dev/ttyS0")
        app.keys("Return")
        return "42-By-Keys" in desk.soon(lambda: guest.said() if "42-By-Keys" in guest.said() else None, 10)
    desk.wait(answered, "what was typed is run")
    subprocess.run(["xclip", "-selection", "clipboard"], input='echo "{Clip}|~#board_$((40+2))" >/dev/ttyS0\n', text=True,
                   env=desk.env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    app.menu("Clipboard", "Type Clipboard Text", TITLE)
    guest.wait_said("{Clip}|~#board_42")


def send(app, *path):
    app.mouse("Action", "menu item", TITLE)
    for item in ("Send Keys", *path):
        app.click(item, "menu item", TITLE)


def step_send_keys(desk, app, guest, hand):
    """Keys of the menu, which the user's own desktop would take."""
    for path, codes in ((("Alt+Tab",), [ALT, 15]), (("Super",), [SUPER]), (("Print Screen",), [99]),
                        (("Ctrl+Alt+F1 … F12", "Ctrl+Alt+F1"), [CTRL, ALT, 59])):
        guest.forget()
        send(app, *path)
        expect_keys(desk, guest, codes, "the menu's " + path[-1])

    def has_helped():
        guest.forget()
        guest.do("dmesg | grep -c 'sysrq: H''ELP'")
        return re.search("^[1-9]$", guest.said(), re.M)
    for _ in range(5):  # a menu that still closes when it is opened again loses what is chosen in it
        send(app, "SysRq", "Help (H)")  # the kernel takes these keys away
        if desk.soon(has_helped, 10):
            break
    desk.check("send keys", has_helped(), "Help (H) has not come to the kernel")
    guest.forget()
    app.mouse("Ctrl+Alt+Del", "push button", TITLE)
    guest.wait_restart()
    guest.watch_input()


def step_layouts(desk, app, guest, hand):
    """What is typed goes by the keyboard that the guest has, which is the machine's setting."""
    take_keyboard(desk, app)
    subprocess.run(["xclip", "-selection", "clipboard"], input="zy", text=True, env=desk.env, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for layout, name, codes in (("German", "de", [21, 44]), ("US", "us", [44, 21])):
        app.submenu("Clipboard", "Keyboard in the Guest", layout, TITLE)
        desk.wait(lambda: re.search("display.keyboard +%s\n" % name, desk.run("vm", "show", NAME)[1]), "the setting is %s" % name)
        guest.forget()
        app.menu("Clipboard", "Type Clipboard Text", TITLE)
        expect_keys(desk, guest, codes, "z and y on the keyboard " + layout)
        app.wait_text("Keyboard goes to the guest", TITLE)  # again, after the menu


def step_pointer(desk, app, guest, hand):
    """Absolute: two corners and the middle, within the width of a pixel of the screen."""
    take_keyboard(desk, app)
    node = app.get("Guest screen", None, TITLE)
    guest.forget()
    _, _, width, height = node.extents()
    x, y, _, _ = node.extents()
    for part in (0.25, 0.75, 0.5):
        app.mouse_at(TITLE, x + width * part, y + height * 0.5)
        desk.wait(lambda: [value for code, value in guest.events(EV_ABS) if code == 0 and
                           abs(value / 32767 - screen_part(app, width, height, part)) < 0.02], "the pointer at %s" % part)
    clicks = [value for code, value in guest.events(EV_KEY) if code == 0x110]
    desk.check("clicks", clicks == [1, 0] * 3, "%s" % clicks)


def screen_part(app, width, height, part):
    """Of the guest's screen, which is in the middle of the widget and keeps its shape."""
    guest_width, guest_height = guest_size(app)
    scale = min(width / guest_width, height / guest_height)
    left = (width - guest_width * scale) / 2
    return (width * part - left) / (guest_width * scale)


def step_full_screen(desk, app, guest, hand):
    """By keys, and back by the bar, which comes when the pointer is at the upper edge, and goes."""
    def is_full():
        return app.get("Guest screen", None, TITLE).extents()[2:] == full

    take_keyboard(desk, app)
    full = tuple(side // app.scale for side in desk.size)
    hand.press(CTRL, ALT, 119)
    desk.wait(is_full, "full screen")
    hand.press(CTRL, ALT, 119)
    desk.wait(lambda: not is_full(), "a window again")
    app.mouse_at(TITLE, 200, 200, button=None)
    hand.press(CTRL, ALT, 28)
    desk.wait(is_full, "full screen once more")
    app.get("Leave full screen", "push button", TITLE)
    desk.wait(lambda: not app.find("Leave full screen", "push button", TITLE), "the bar goes")
    x_do("mousemove", str(desk.size[0] // 2), "0")
    app.mouse("Keep this bar", "push button", TITLE)
    x_do("mousemove", str(desk.size[0] // 2), str(desk.size[1] // 2))
    app.mouse("Leave full screen", "push button", TITLE)
    desk.wait(lambda: not is_full(), "a window by the bar")
    app.wait_text("Keyboard goes to the guest", TITLE)


def step_look_only(desk, app, guest, hand):
    app.menu("View", "Look Only", TITLE)
    app.mouse("Guest screen", None, TITLE)
    guest.forget()
    hand.press(30)
    app.menu("View", "Look Only", TITLE)
    take_keyboard(desk, app)

    def typed():  # the viewer that may type comes after a moment
        hand.press(48)
        return 48 in pressed(guest.events(EV_KEY))
    desk.wait(typed, "keys again")
    desk.check("look only", 30 not in pressed(guest.events(EV_KEY)), "a key got through")


def pixels(path):
    """An image as width, height and lines of RGB."""
    out = subprocess.run(["convert", path, "ppm:-"], capture_output=True, check=True).stdout
    _, width, height, _, data = re.match(rb"(P6)\s+(\d+)\s+(\d+)\s+(255)\s(.*)", out, re.S).groups()
    width, height = int(width), int(height)
    return width, height, [data[y * width * 3:(y + 1) * width * 3] for y in range(height)]


def settled(desk):
    """The guest's screen, when it is the same twice."""
    before = []

    def is_same():
        desk.run("vm", "screenshot", NAME, desk.dir + "/drawn.png")
        before.append(pixels(desk.dir + "/drawn.png"))
        return before[-1] if len(before) > 1 and before[-1] == before[-2] else None
    return desk.wait(is_same, "the screen stands still")


def step_capture(desk, app, guest, hand):
    """What is captured is what the guest drew; one to one, the window shows the same pixels."""
    guest.do("printf '\\033[?25lWhat is captured\\n' >/dev/tty1")  # without the cursor, which blinks
    path = desk.dir + "/captured.png"
    drawn = settled(desk)
    app.menu("Clipboard", "Capture Screen…", TITLE)
    app.wait_window("Capture Screen")
    app.fill("File", path, "Capture Screen")
    app.click("Save", "push button", "Capture Screen")
    desk.wait(lambda: os.path.exists(path) and open(path, "rb").read().endswith(b"IEND\xaeB\x60\x82"), "the picture")
    captured = pixels(path)
    desk.check("capture", captured == drawn, "is %dx%d, the screen %dx%d, or differs" % (*captured[:2], *drawn[:2]))
    app.menu("Clipboard", "Copy Screen", TITLE)

    def copied():
        with open(desk.dir + "/copied.png", "wb") as file:
            subprocess.run(["xclip", "-selection", "clipboard", "-target", "image/png", "-o"], stdout=file,
                           stderr=subprocess.DEVNULL, env=desk.env)
        return os.path.getsize(desk.dir + "/copied.png") and pixels(desk.dir + "/copied.png")
    desk.check("copy", desk.wait(copied, "a picture in the clipboard") == drawn, "differs from the screen")
    app.menu("View", "One to One", TITLE)
    app.mouse_at(TITLE, 5, 5, button=None)

    def is_there():
        app.picture(TITLE, desk.dir + "/window.png")
        lines = pixels(desk.dir + "/window.png")[2]
        row = next(line for line in drawn[2] if any(line[:600]))  # one with letters
        return any(row[:600] in line for line in lines)
    desk.wait(is_there, "the guest's own pixels in the window")
    app.menu("View", "Fit the Window", TITLE)


def step_record(desk, app, guest, hand):
    app.menu("Clipboard", "Record Screen Text", TITLE)
    app.wait_text("recording", TITLE)
    guest.do("echo what-is-recorded-$((6*7)) >/dev/tty1")
    found = desk.wait(lambda: [name for name in os.listdir(desk.dir + "/home") if name.startswith(NAME) and
                               "what-is-recorded-42" in open(os.path.join(desk.dir, "home", name)).read()], "the text in a file")
    app.menu("Clipboard", "Record Screen Text", TITLE)
    app.wait_text(found[0], "Record Screen Text")
    app.focus("Record Screen Text")
    app.keys("Escape")
    app.wait_closed("Record Screen Text")


def other_viewer(desk, *words):
    log = desk.dir + "/view"
    desk.spawn([desk.bulkhead, "vm", "view", NAME, "--socket", *words], stdout=open(log, "w"))
    return Viewer(desk.wait(lambda: open(log).read().strip() or None, "the other viewer's socket"))


def viewer_rows(app):
    return [node.name for node in app.find_all(None, ("label",), "Viewers") if " since " in node.name]


def step_viewers(desk, app, guest, hand):
    """Somebody else looks, and types, too; is seen by name while the list is open, and sent away."""
    app.click("1 viewer", "push button", TITLE)
    app.wait_window("Viewers")
    desk.wait(lambda: len(viewer_rows(app)) == 1, "one row")
    other = other_viewer(desk)
    rows = desk.wait(lambda: viewer_rows(app) if len(viewer_rows(app)) == 2 else None, "the other one comes into the list")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
    desk.check("viewers", all(row.startswith(user + " (") and "has keyboard and mouse" in row for row in rows), "are %s" % rows)
    desk.check("viewers", ["this window" in row for row in rows] == [True, False], "mark %s as this window" % rows)
    guest.forget()
    other.key(ord("b"))
    desk.wait(lambda: (48, 0) in guest.events(EV_KEY), "a key of the other viewer")
    list(app.find_all("Disconnect", ("push button",), "Viewers"))[1].act()
    desk.wait(lambda: len(viewer_rows(app)) == 1, "it goes from the list")
    other.wait_end()
    looking = other_viewer(desk, "--view-only")
    desk.wait(lambda: any("looks only" in row for row in viewer_rows(app)), "one that only looks")
    guest.forget()
    looking.key(ord("c"))
    app.focus("Viewers")
    app.keys("Escape")
    app.wait_closed("Viewers")
    take_keyboard(desk, app)
    hand.press(48)
    desk.wait(lambda: (48, 0) in guest.events(EV_KEY), "this window's key")
    desk.check("viewers", 46 not in pressed(guest.events(EV_KEY)), "one that only looks has typed")
    looking.close()
    app.wait_text("1 viewer", TITLE)


def step_media(desk, app, guest, hand):
    """Another disc into the drive of the running machine, and out again."""
    path = desk.dir + "/other.iso"
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    app.menu("Media", "Insert Disc…", TITLE)
    app.wait_window("Insert Disc")
    app.fill("File", path, "Insert Disc")
    app.click("Insert", "push button", "Insert Disc")
    desk.wait(lambda: "other.iso" in desk.run("vm", "show", NAME, "--json")[1], "the disc in the drive")
    app.menu("Media", "Eject Disc", TITLE)
    desk.wait(lambda: "other.iso" not in desk.run("vm", "show", NAME, "--json")[1], "the drive is empty")


def step_secure(desk, app, guest, hand):
    """Ctrl+Alt+End is Ctrl+Alt+Del in the guest, which starts anew."""
    take_keyboard(desk, app)
    guest.forget()
    hand.press(CTRL, ALT, 107)
    guest.wait_restart()
    guest.watch_input()


def step_pause(desk, app, guest, hand):
    """By the toolbar; a guest that stands still takes no keys, and what cannot be done says why."""
    take_keyboard(desk, app)
    press_tool(app, "Pause")
    app.wait_text("tiny is paused: press Resume.", TITLE)
    guest.wait_state("Paused")
    desk.check("pause", "Keyboard goes" not in app.labels(TITLE), "leaves the keyboard with a guest that stands still")
    desk.check("pause", why_not(app, "Ctrl+Alt+Del") == "tiny is paused; resume it first", why_not(app, "Ctrl+Alt+Del"))
    desk.check("pause", "it cannot be paused" in why_not(app, "Pause"), why_not(app, "Pause"))
    guest.forget()
    hand.press(30)
    press_over_screen(desk, app, "Resume")
    guest.wait_state("Running")
    app.wait_text("Keyboard goes to the guest", TITLE)
    hand.press(48)
    desk.wait(lambda: (48, 0) in guest.events(EV_KEY), "a key after the pause")
    desk.check("pause", 30 not in pressed(guest.events(EV_KEY)), "a key of the pause got through")


def step_save(desk, app, guest, hand):
    guest.do("echo kept >/tmp/kept")
    press_tool(app, "Save")
    app.wait_text("tiny is saved: press Start.", TITLE)
    desk.check("save", "it cannot be saved" in why_not(app, "Save"), why_not(app, "Save"))
    press_over_screen(desk, app, "Start")
    guest.wait_state("Running")
    shows_screen(desk, app)
    guest.follow()
    guest.do("cat /tmp/kept")
    guest.wait_said("kept")


def step_checkpoint(desk, app, guest, hand):
    """Made while it runs, and gone back to."""
    desk.check("revert", "no checkpoint" in why_not(app, "Revert…"), why_not(app, "Revert…"))
    guest.do("echo before >/tmp/kept")
    press_tool(app, "Checkpoint")
    desk.wait(lambda: len(desk.run("checkpoint", "list", NAME)[1].splitlines()) > 1, "the checkpoint")
    guest.do("echo after >/tmp/kept")
    desk.check("its console stays", guest.follower.poll() is None)
    press_tool(app, "Revert…")
    app.wait_text("in memory", "Revert")
    app.click("Revert", "push button", "Revert")
    guest.wait_end()  # another process runs it from here on
    guest.wait_state("Running")
    guest.follow()
    shows_screen(desk, app)
    guest.do("cat /tmp/kept")
    guest.wait_said("before")


def step_reset(desk, app, guest, hand):
    guest.forget()
    press_tool(app, "Reset…")
    app.wait_text("is lost", "Reset")
    app.click("Reset", "push button", "Reset")
    guest.wait_restart()
    follows_guest(desk, app)


def step_shut_down(desk, app, guest, hand):
    tool(app, "Shut Down")
    app.mouse("Shut Down", "push button", TITLE)
    app.wait_text("tiny is off: press Start.", TITLE)
    press_over_screen(desk, app, "Start")
    guest.wait_shell()
    shows_screen(desk, app)


def step_narrow(desk, app, guest, hand):
    """The toolbar's buttons give way from the end; those of the window itself stay."""
    before = app.get("Guest screen", None, TITLE).extents()[2:]

    def shown(*names):
        return [bool(app.find(name, "push button", TITLE)) for name in names]
    sized(app, 500 * app.scale, 400 * app.scale)
    desk.wait(lambda: shown("Ctrl+Alt+Del", "Start", "Checkpoint", "Revert…", "Full screen (Ctrl+Alt+Enter)") ==
              [True, True, False, False, True], "the last buttons go")
    press_tool(app, "Full screen (Ctrl+Alt+Enter)")
    desk.wait(lambda: app.get("Guest screen", None, TITLE).extents()[2] * app.scale == desk.size[0], "full screen")
    hand.press(CTRL, ALT, 119)
    desk.wait(lambda: app.get("Guest screen", None, TITLE).extents()[2] <= 500, "a window again")
    sized(app, 1000 * app.scale, 600 * app.scale)
    desk.wait(lambda: all(shown("Start", "Checkpoint", "Revert…")), "all buttons are there again")
    sized(app, before[0] * app.scale, before[1] * app.scale)
    desk.wait(lambda: all(abs(side - want) < 3 for side, want in zip(app.get("Guest screen", None, TITLE).extents()[2:], before)),
              "the size that it had")


def remembered(desk, group, key=None):
    """What the manager's state says of it; of the only key of a group: that of this machine."""
    state = configparser.RawConfigParser()
    state.read(desk.dir + "/config/bulkhead/manager.conf")
    values = dict(state[group]) if group in state else {}
    return values.get(key) if key else next(iter(values.values()), None)


def chosen(desk, app, item, is_done, limit=10):
    """A menu that still closes when it is opened again loses what is chosen in it."""
    for _ in range(5):
        app.menu("View", item, TITLE)
        if desk.soon(is_done, limit):
            return
    raise Failed("%s does nothing" % item)


def toggled(desk, app, item, is_on, *where):
    chosen(desk, app, item, lambda: remembered(desk, *where) == str(int(is_on)), 30)  # it is written later


def step_fit(desk, app, guest, hand):
    """The guest's driver, bound anew, takes the largest size that fits into the window, and the window follows."""
    toggled(desk, app, "Window Follows the Guest", False, "connection", "window-follows")
    toggled(desk, app, "Guest Follows the Window", True, "connection", "follow")
    sized(app, 1000, 622)

    def is_taken():
        guest.forget()
        guest.do("cd /sys/bus/vmbus/drivers/hyperv_drm; D=$(ls -d *-*); echo $D >unbind; echo $D >bind; cd /; "
                 "cat /sys/class/graphics/fb0/virtual_size")
        return "800,600\n" in guest.said()
    desk.wait(is_taken, "the guest has 800 x 600")
    desk.wait(lambda: guest_size(app) == (800, 600), "it is shown")
    toggled(desk, app, "Window Follows the Guest", True, "connection", "window-follows")
    follows_guest(desk, app)
    toggled(desk, app, "Guest Follows the Window", False, "connection", "follow")


def step_fit_now(desk, app, guest, hand):
    """The guest's screen fits the window at once: after a question that comes once, by hand, and then whenever the window changes."""
    title, fit, at_once = "Fit the Guest's Screen", "Fit the Guest's Screen to This Window…", "Guest Follows the Window at Once"

    def shown(*size):
        desk.wait(lambda: guest_size(app) == size, "a screen of %u x %u" % size)
        desk.wait(lambda: "fit-is-kept" in desk.run("vm", "screen", NAME)[1], "its text")

    toggled(desk, app, "Window Follows the Guest", False, "connection", "window-follows")
    sized(app, 1150, 792)
    guest.do("echo fit-is-kept >/dev/tty0")
    chosen(desk, app, fit, lambda: title in app.windows())
    app.wait_text("such as a desktop, lose it", title)
    app.keys("Escape")
    app.wait_closed(title)
    chosen(desk, app, fit, lambda: title in app.windows())
    app.click("Fit", "push button", title)
    shown(1024, 768)
    sized(app, 1000, 622)
    chosen(desk, app, fit, lambda: guest_size(app) == (800, 600))
    shown(800, 600)
    toggled(desk, app, at_once, True, "fit-at-once")
    sized(app, 1150, 792)
    shown(1024, 768)
    toggled(desk, app, at_once, False, "fit-at-once")
    toggled(desk, app, "Window Follows the Guest", True, "connection", "window-follows")
    follows_guest(desk, app)


def step_far(desk, app, guest, hand):
    """The same machine as that of a host that ssh reaches. First the way of its screen ends, then the way to the host."""
    title = NAME + " on " + FAR
    subprocess.run([app.process.args[0], "--host", FAR, "--connect", NAME], env=desk.env, check=True)
    app.wait_window(title)
    guest.watch_input()  # it was started anew before
    types_there(desk, app, guest, hand, title)
    for way, text in (("stream", "There is no screen to see."), ("bridge", FAR + " is not connected.")):
        guest.ssh.shut(True)
        guest.ssh.end(way)
        app.wait_text(text, title)
        app.wait_text("Connection refused", title)
        desk.check("far", "Keyboard goes" not in app.labels(title), "has the keyboard of a guest that it has lost")
        hand.press(30)  # for nobody
        guest.ssh.shut(False)
        app.click("Connect Now", "push button", title)
        types_there(desk, app, guest, hand, title)
        desk.check("far", 30 not in pressed(guest.events(EV_KEY)), "got a key that was pressed without a connection")
    app.focus(title)
    app.menu("File", "Close", title)
    app.wait_closed(title)
    desk.wait(lambda: not guest.ssh.living("stream"), "the end of the screen's ssh")


def types_there(desk, app, guest, hand, title):
    shows_screen(desk, app, title)
    take_keyboard(desk, app, title)
    guest.forget()
    hand.press(48)
    desk.wait(lambda: (48, 0) in guest.events(EV_KEY), "a key of the window " + title)


def step_serial(desk, app, guest, hand):
    """Somebody else typed here until now: nothing, before the tab is looked at. From here on the terminal answers what a shell asks,
    so that nobody else can type there."""
    guest.forget()
    app.mouse("Serial Console", ("toggle button", "radio button", "page tab"), TITLE)

    def answered():
        app.type("echo on-serial-$((40+2))")
        app.keys("Return")
        return desk.soon(lambda: "on-serial-42" in guest.said(), 5)
    desk.wait(answered, "the answer to what was typed into the terminal")
    app.mouse("Display", ("toggle button", "radio button", "page tab"), TITLE)


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


def main():
    program, build = sys.argv[1:3]
    need("xclip", "setxkbmap", "convert", "import")
    folder = sample(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    if not folder:
        print("skipped: no sample guest")
        return 77
    with Desk("2560x1800" if "GTK_TEST_SCALE" in os.environ else "1280x900") as desk:
        desk.service(build)
        disc = desk.dir + "/first.iso"
        with open(disc, "wb") as file:
            file.truncate(1 << 20)
        guest = Guest(desk, NAME, folder, "--cdrom", disc)
        guest.ssh = Ssh(desk, desk.bulkhead, desk.env["BULKHEAD_RUNTIME"])
        app = desk.start(program, "--connect", NAME)
        hand = Hand(desk.env["DISPLAY"])
        run_steps(desk, app, STEPS, sys.argv[3:], guest, hand)
        hand.close()
        app.end()
        return desk.finish()


sys.exit(main())
