"""The servers that are measured, and the load driver."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import iggy_server  # noqa: E402


class Failed(Exception):
    """A program that is needed for a figure did not do its work."""


class NullServer:
    """The yardstick, with the calls of iggy_server.Server that are used here."""

    def __init__(self, program, directory, shards, fsync):
        self.data = pathlib.Path(directory)
        self.command = [program, "--directory", directory, "--shards", str(shards)]
        self.command += ["--fsync"] if fsync else []
        self.process = None
        self.address = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if words[:2] != ["listening", "on"]:
            raise Failed("the null server does not listen")
        self.address = f"127.0.0.1:{words[2]}"
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Bench:
    """Where programs and data lie, and how both kinds of server are started."""

    def __init__(self, programs, data, backend):
        self.programs = pathlib.Path(programs).resolve()
        self.data = pathlib.Path(data).resolve()
        self.backend = backend
        os.environ["IGGY_SERVER"] = self.program("iggy-server")

    def program(self, name):
        return str(self.programs / name)

    def run(self, name, *arguments):
        """What a program printed, as JSON."""
        done = subprocess.run([self.program(name), *map(str, arguments)], stdout=subprocess.PIPE,
                              text=True)
        if done.returncode != 0:
            raise Failed(f"{name} {' '.join(map(str, arguments))}: status {done.returncode}")
        return json.loads(done.stdout)

    def directory(self):
        """A directory that is removed at the end of the with statement."""
        self.data.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix="run-", dir=self.data)

    def iggy(self, directory, shards=2, fsync=False):
        environment = {"IGGY_SYSTEM_SHARDING_CPU_ALLOCATION": str(shards),
                       "IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC": str(fsync).lower()}
        if self.backend:
            environment["IGGY_RUNTIME"] = self.backend
        return iggy_server.Server(directory=directory, environment=environment)

    def server(self, kind, directory, shards=2, fsync=False):
        if kind == "null":
            return NullServer(self.program("null-server"), directory, shards, fsync)
        return self.iggy(directory, shards, fsync)

    def drive(self, server, *arguments):
        return self.run("load-driver", "--address", server.address, "--server-pid",
                        server.process.pid, *arguments)


def drop_cache(directory):
    """Brings the messages to the disk, and out of the page cache."""
    for path in pathlib.Path(directory).rglob("*.log"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def build(directory):
    """Builds the programs that a run needs."""
    directory = pathlib.Path(directory)
    if shutil.which("ninja") is None:
        raise Failed("ninja is missing: scripts/install_packages.sh")
    if not (directory / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release", "-B", directory], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "--quiet", "-C", directory, "iggy-server", "null-server",
                    "load-driver", "raw-disk", "cpu-stalls"], check=True)
