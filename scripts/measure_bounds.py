#!/usr/bin/env python3
"""Measures what a good client feels of the attacks in tests/bounds_test.py. Prints, asserts nothing.

usage: scripts/measure_bounds.py [--server build/release/bin/iggy-server] [--rounds 300]
"""

import statistics
import time

from measuring import each_backend, parser_for
import bounds_test as bounds
from iggy_server import Server


def measure(good, rounds):
    """Milliseconds of each call: sends and polls of 1 MB and of one message."""
    times = {"send 1 MB": [], "poll 1 MB": [], "send one": [], "poll one": []}
    for _ in range(rounds):
        for messages, size in ((good.batch, "1 MB"), (good.batch[:1], "one")):
            for what, call in (("send", lambda: good.send(messages)),
                               ("poll", lambda: good.poll(len(messages)))):
                begun = time.perf_counter()
                call()
                times[f"{what} {size}"].append((time.perf_counter() - begun) * 1000)
    return times


def show(name, times, server):
    figures = []
    for what, values in times.items():
        cuts = statistics.quantiles(values, n=100)
        figures.append(f"{what} {cuts[49]:6.2f} {cuts[98]:6.2f}")
    peak = bounds.process_memory(server, "VmHWM") / 2**20
    print(f"{name:26} {', '.join(figures)}; peak {peak:.0f} MB, "
          f"now {bounds.process_memory(server) / 2**20:.0f} MB", flush=True)


def main():
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    bounds.raise_descriptor_limit()
    for backend in each_backend(options, "; p50 and p99 in ms, resident size"):
        print(backend)
        with Server(environment=bounds.SETTINGS) as server:
            server.start()
            good = bounds.GoodClient(server)
            good.prepare()
            measure(good, 20)
            for attack in (None, *bounds.ATTACKS, None):
                bounds.forget_peak(server)
                if attack is None:
                    show("alone", measure(good, options.rounds), server)
                    continue
                with bounds.under(attack, server):
                    times = measure(good, options.rounds)
                    show(attack.__name__, times, server)
            good.client.close()
            server.stop()


if __name__ == "__main__":
    main()
