"""Drives a headless Chromium through the pipe of its DevTools protocol; needs nothing but Python's own library."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


def find():
    """The browser's path, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self, path):
        self.folder = tempfile.mkdtemp(prefix="stanzadrill-browser-")
        to_read, self.to_write = self._pipe()
        self.from_read, from_write = self._pipe()

        def hand_over():
            os.dup2(to_read, 3)
            os.dup2(from_write, 4)

        arguments = [path, "--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + self.folder,
                     "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
                     "--disable-background-networking", "--force-color-profile=srgb", "--hide-scrollbars"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses to have one as root
        self.process = subprocess.Popen(arguments + ["about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=hand_over)
        os.close(to_read)
        os.close(from_write)
        self.buffer = b""
        self.number = 0
        self.events = []

    @staticmethod
    def _pipe():
        """Both ends above the numbers 3 and 4, which the browser gets."""
        ends = []
        for end in os.pipe():
            ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
            os.close(end)
        return ends

    def _message(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_read], [], [], max(0, until - time.monotonic()))
            piece = os.read(self.from_read, 1 << 20) if ready else b""
            if not piece:
                raise RuntimeError("the browser has ended" if ready else "the browser does not answer")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.to_write, data):]
        until = time.monotonic() + 60
        while True:
            message = self._message(until)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(method + ": " + message["error"]["message"])
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def wait(self, method, session):
        until = time.monotonic() + 60
        while True:
            for i, event in enumerate(self.events):
                if event["method"] == method and event.get("sessionId") == session:
                    return self.events.pop(i)
            self.events.append(self._message(until))

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """A tab; width and dark: what it looks like to the page."""

    def __init__(self, browser, width=1280, height=900, dark=False, scripts=True):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        if not scripts:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.browser.wait("Page.loadEventFired", self.session)

    def run(self, script):
        """The value of an expression, or of the promise that it is."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def key(self, key, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, path, height=None):
        """What is in the window, or the page down to a height."""
        more = {}
        if height is not None:
            size = self.run("[innerWidth, document.documentElement.scrollHeight]")
            more = {"captureBeyondViewport": True,
                    "clip": {"x": 0, "y": 0, "width": size[0], "height": min(size[1], height), "scale": 1}}
        data = self.call("Page.captureScreenshot", format="png", **more)["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))

    def seen(self, *methods):
        """Events of this page up to now."""
        self.run("1")
        return [e["params"] for e in self.browser.events if e.get("sessionId") == self.session and e["method"] in methods]

    def complaints(self):
        """What stands in the console, and what went wrong in scripts."""
        texts = [e["entry"]["text"] for e in self.seen("Log.entryAdded") if e["entry"]["level"] in ("error", "warning")]
        texts += [str(e["args"]) for e in self.seen("Runtime.consoleAPICalled")]
        texts += [json.dumps(e["exceptionDetails"]) for e in self.seen("Runtime.exceptionThrown")]
        return texts

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


if __name__ == "__main__":  # whether there is one
    raise SystemExit(0 if find() else 1)
