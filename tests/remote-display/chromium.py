# SPDX-License-Identifier: GPL-2.0-or-later
"""Chromium without a window, driven over its DevTools pipe: messages of JSON, each ended by a zero byte, on its
descriptors 3 (to it) and 4 (from it)."""
import json
import os
import select
import subprocess
import time

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
           "--disable-background-networking", "--force-color-profile=srgb", "--force-device-scale-factor=1",
           "--ignore-certificate-errors", "--window-size=1280,900", "--remote-debugging-pipe"]
SECONDS = 60


class Ended(Exception):
    pass


class Chromium:
    def __init__(self, home):
        to_it, from_it = os.pipe(), os.pipe()
        self.write_end, self.read_end = to_it[1], from_it[0]
        self.pending = b""
        self.last = 0
        # The shell puts the pipes where Chromium wants them, whatever numbers they have here.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec chromium "$@" 3<&{to_it[0]} 4>&{from_it[1]}', "sh", *OPTIONS,
             f"--user-data-dir={home}/profile", "about:blank"],
            pass_fds=(to_it[0], from_it[1]), env=dict(os.environ, HOME=home), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(f"{home}/chromium.log", "w"))
        os.close(to_it[0])
        os.close(from_it[1])

    def close(self):
        os.close(self.write_end)
        os.close(self.read_end)
        self.process.terminate()
        self.process.wait()

    def receive(self, deadline):
        while b"\0" not in self.pending:
            ready, _, _ = select.select([self.read_end], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.read_end, 1 << 20) if ready else b""
            if not data:
                raise Ended("the browser went" if ready else "the browser does not answer")
            self.pending += data
        message, _, self.pending = self.pending.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise Ended(f"{method}: {answer['error']['message']}")
                return answer["result"]


class Page:
    def __init__(self, browser):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def go(self, url):
        self.call("Page.navigate", url=url)

    def ask(self, script):
        """The value of a JavaScript expression (a promise: of what it becomes); None: it failed."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    def until(self, script, wanted=bool):
        """Until wanted() of its value; returns the last value."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                value = self.ask(script)
            except Ended as error:  # a page that is just being left
                value = None
                if "navigat" not in str(error) and "context" not in str(error):
                    raise
            if wanted(value) or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def key(self, code, key, is_down):
        # Without "text" Chromium makes no character of it: noVNC wants none.
        self.call("Input.dispatchKeyEvent", type="rawKeyDown" if is_down else "keyUp", code=code, key=key)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)
