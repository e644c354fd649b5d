"""What the scripts that measure a server have in common."""

import argparse
import os
import pathlib
import platform
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from iggy_protocol import Client, ConnectionLost  # noqa: E402


def resident_megabytes(process_id):
    """Resident size, and the part of it that no other process shares."""
    figures = {}
    for line in pathlib.Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()[1:]:
        key, value = line.split(":")
        figures[key] = int(value.split()[0]) / 1024
    return figures["Rss"], figures["Private_Clean"] + figures["Private_Dirty"]


def start(server):
    """Starts the server; returns the milliseconds from exec until it answers a ping."""
    server.launch()
    begun = time.perf_counter()
    server.address = f"127.0.0.1:{server.port}"
    while True:
        try:
            client = Client(server.address, login=False)
            client.ping()
            break
        except (ConnectionRefusedError, ConnectionLost):  # lost: a killed process still listened
            server.check_started()
    milliseconds = (time.perf_counter() - begun) * 1000
    client.close()
    return milliseconds


def cpu_seconds(process_id):
    fields = pathlib.Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parser_for(doc):
    """The options that all of them have; `doc` is the script's own."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--server", default="build/release/bin/iggy-server")
    parser.add_argument("--backend", choices=("io_uring", "epoll"), action="append")
    return parser


def each_backend(options, note=""):
    """Says what machine this is, and gives the backends one by one, each in force meanwhile."""
    os.environ["IGGY_SERVER"] = os.path.abspath(options.server)
    print(f"{platform.platform()}, {os.cpu_count()} CPUs{note}")
    for backend in options.backend or ("io_uring", "epoll"):
        os.environ["IGGY_RUNTIME"] = backend
        yield backend
