#!/usr/bin/env python3
"""Measures what an idle server costs: exec to listening, resident size. Prints, asserts nothing.

usage: scripts/measure_idle.py [--server build/release/bin/iggy-server] [--runs 20]
"""

import argparse
import os
import pathlib
import platform
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from iggy_protocol import Client  # noqa: E402
from iggy_server import Server, free_port  # noqa: E402


def resident_megabytes(process_id):
    """Resident size, and the part of it that no other process shares."""
    figures = {}
    for line in pathlib.Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()[1:]:
        key, value = line.split(":")
        figures[key] = int(value.split()[0]) / 1024
    return figures["Rss"], figures["Private_Clean"] + figures["Private_Dirty"]


def start(server):
    """Starts the server; returns the milliseconds from exec until a connection is accepted."""
    server.launch()
    begun = time.perf_counter()
    server.address = f"127.0.0.1:{server.port}"
    while True:
        try:
            client = Client(server.address, login=False)
            break
        except ConnectionRefusedError:
            server.check_started()
    milliseconds = (time.perf_counter() - begun) * 1000
    client.ping()
    client.close()
    return milliseconds


def cpu_seconds(process_id):
    fields = pathlib.Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def spread(values):
    return (f"median {statistics.median(values):.1f}, from {min(values):.1f} to "
            f"{max(values):.1f}")


def measure(backend, runs, idle_s):
    os.environ["IGGY_RUNTIME"] = backend
    with Server(port=free_port()) as server:
        first = start(server)
        # The first start has hashed the root user's password.
        time.sleep(1)
        resident, private = resident_megabytes(server.process.pid)
        print(f"{backend}: first start {first:.1f} ms, one second later {resident:.1f} MB "
              f"resident ({private:.1f} MB private)")
        server.stop()

        times, sizes = [], []
        for _ in range(runs):
            times.append(start(server))
            time.sleep(0.2)
            sizes.append(resident_megabytes(server.process.pid)[0])
            server.stop()
        print(f"{backend}: exec to listening on an existing data directory, ms: {spread(times)} "
              f"({runs} runs)")
        print(f"{backend}: resident size, MB: {spread(sizes)}")

        start(server)
        clients = [server.client() for _ in range(100)]
        before = cpu_seconds(server.process.pid)
        time.sleep(idle_s)
        used = (cpu_seconds(server.process.pid) - before) / idle_s * 100
        resident, _ = resident_megabytes(server.process.pid)
        print(f"{backend}: with 100 idle connections: {used:.2f} % CPU over {idle_s} s, "
              f"{resident:.1f} MB resident")
        for client in clients:
            client.close()
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default="build/release/bin/iggy-server")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--idle-seconds", type=int, default=5)
    parser.add_argument("--backend", choices=("io_uring", "epoll"), action="append")
    options = parser.parse_args()
    os.environ["IGGY_SERVER"] = os.path.abspath(options.server)
    print(f"{platform.platform()}, {os.cpu_count()} CPUs")
    for backend in options.backend or ("io_uring", "epoll"):
        measure(backend, options.runs, options.idle_seconds)


if __name__ == "__main__":
    main()
