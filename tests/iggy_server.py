"""Starts, stops and kills the real iggy-server for the tests of the whole program."""

import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
import tomllib

from iggy_protocol import Client

# A sanitizer slows the server down, and so does a machine that is busy with other tests.
PATIENCE_S = 60.0
REPORT = re.compile(r"(Sanitizer|runtime error:|Assertion .* failed)")


class ServerFailed(AssertionError):
    """The server did not start, did not stop as it should, or reported a bug of its own."""


def binary():
    return os.environ.get("IGGY_SERVER", "build/dev/bin/iggy-server")


def is_sanitized():
    return os.environ.get("IGGY_SANITIZE", "") != ""


def free_port():
    """A port below the range from which the kernel takes the ports of clients."""
    while True:
        port = random.SystemRandom().randrange(10000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_until(condition, what, seconds=PATIENCE_S, every=0.001):
    """The first true value of `condition()`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise ServerFailed(f"waited {seconds:.0f} s for {what}")


class Server:
    """An iggy-server with a directory of its own, which outlives restarts.

    Use it as a context manager: it fails the test if the server printed a sanitizer's report.
    """

    def __init__(self, directory=None, port=0, environment=None, arguments=(), root=True):
        self._own_directory = None
        if directory is None:
            self._own_directory = tempfile.TemporaryDirectory(prefix="iggy-test-")
            directory = self._own_directory.name
        self.directory = pathlib.Path(directory)
        self.data = self.directory / "data"
        self.port = port
        self.environment = dict(environment or {})
        self.arguments = list(arguments)
        if root:
            self.environment.setdefault("IGGY_ROOT_USERNAME", "iggy")
            self.environment.setdefault("IGGY_ROOT_PASSWORD", "iggy")
        self.process = None
        self.address = None
        self.output = b""
        self.errors = b""
        self._runs = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.process is not None:
                self.kill()
            self.check_reports()
        finally:
            if self._own_directory is not None:
                self._own_directory.cleanup()

    # Running.

    def full_environment(self):
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "IGGY_SYSTEM_PATH": str(self.data),
            "IGGY_TCP_ADDRESS": f"127.0.0.1:{self.port}",
            "IGGY_QUIC_ADDRESS": "127.0.0.1:0",
            "IGGY_HTTP_ADDRESS": "127.0.0.1:0",
            "IGGY_WEBSOCKET_ADDRESS": "127.0.0.1:0",
        }
        for key in ("IGGY_RUNTIME", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                    "TSAN_OPTIONS", "LLVM_PROFILE_FILE"):
            if key in os.environ:
                environment[key] = os.environ[key]
        environment.update(self.environment)
        return {key: value for key, value in environment.items() if value is not None}

    def launch(self):
        """Starts the process; returns at once."""
        assert self.process is None
        self._runs += 1
        self._output_path = self.directory / f"stdout.{self._runs}"
        self._errors_path = self.directory / f"stderr.{self._runs}"
        # The file of an earlier run would tell an old address.
        self.config_path().unlink(missing_ok=True)
        with open(self._output_path, "wb") as output, open(self._errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                [binary(), *self.arguments], cwd=self.directory, env=self.full_environment(),
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors)

    def start(self):
        """Starts the server and returns when it listens."""
        self.launch()
        self.address = wait_until(self._bound_address, "the server's bound address")
        return self

    def has_printed(self, text):
        """Whether this run has printed `text` on standard output so far."""
        return text in self._output_path.read_bytes()

    def config_path(self):
        return self.data / "runtime" / "current_config.toml"

    def config(self):
        return tomllib.loads(self.config_path().read_text())

    def check_started(self):
        """Fails if the process has ended instead of starting."""
        status = self.process.poll()
        if status is not None:
            self._collect()
            raise ServerFailed(f"the server ended with status {status} before it listened:\n"
                               f"{self.errors.decode(errors='replace')}"
                               f"{self.output.decode(errors='replace')}")

    def _bound_address(self):
        self.check_started()
        try:
            address = self.config()["tcp"]["address"]
        except (OSError, tomllib.TOMLDecodeError, KeyError):
            return None  # not there yet, or not whole
        return address if not address.endswith(":0") else None

    def client(self, **options):
        return Client(self.address, **options)

    # Ending.

    def stop(self, sign=signal.SIGTERM):
        """Stops the server in the orderly way."""
        self.process.send_signal(sign)
        status = self.wait()
        if status != 0:
            raise ServerFailed(f"status {status} after an orderly stop:\n"
                               f"{self.errors.decode(errors='replace')}")
        self.check_reports()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.wait()

    def wait(self):
        """The exit status, when the process has ended."""
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self._collect()
            raise ServerFailed(f"the server did not end within {PATIENCE_S:.0f} s:\n"
                               f"{self.errors.decode(errors='replace')}") from None
        self._collect()
        return status

    def _collect(self):
        self.process.wait()
        self.output = self._output_path.read_bytes()
        self.errors = self._errors_path.read_bytes()
        self.process = None

    def output_so_far(self):
        return self._output_path.read_text()

    def check_alive(self):
        if self.process is None or self.process.poll() is not None:
            raise ServerFailed("the server is gone")

    def check_reports(self):
        """Fails on what a sanitizer or an assertion said in any run."""
        for path in sorted(self.directory.glob("stderr.*")):
            text = path.read_text(errors="replace")
            if REPORT.search(text):
                raise ServerFailed(f"{path.name}:\n{text}")
