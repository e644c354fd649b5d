#!/usr/bin/env python3
"""Measures what an idle server costs: exec to listening, resident size. Prints, asserts nothing.

usage: scripts/measure_idle.py [--server build/release/bin/iggy-server] [--runs 20]
"""

import statistics
import time

from measuring import cpu_seconds, each_backend, parser_for, resident_megabytes, start
from iggy_server import Server, free_port


def spread(values):
    return (f"median {statistics.median(values):.1f}, from {min(values):.1f} to "
            f"{max(values):.1f}")


def measure(backend, runs, idle_s):
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
    parser = parser_for(__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--idle-seconds", type=int, default=5)
    options = parser.parse_args()
    for backend in each_backend(options):
        measure(backend, options.runs, options.idle_seconds)


if __name__ == "__main__":
    main()
