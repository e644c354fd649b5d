#!/usr/bin/env python3
"""Measures what many partitions cost: making, filling, starting, idling. Prints, asserts nothing.

usage: scripts/measure_partitions.py [--server build/release/bin/iggy-server] [--partitions 10000]
"""

import os
import statistics
import time

from measuring import cpu_seconds, each_backend, parser_for, resident_megabytes, start
from iggy_protocol import DELETE_TOPIC, Message, identifier, to_partition
from iggy_server import Server, free_port
from partitions_test import in_parallel

PER_TOPIC = 1000


def milliseconds(call):
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def measure_one_topic(client, partitions, runs):
    made, deleted, pings = [], [], []
    for number in range(runs):
        topic = f"one-{number}"
        made.append(milliseconds(lambda: client.create_topic("s", topic, partitions)))
        deleted.append(milliseconds(
            lambda: client.call(DELETE_TOPIC, identifier("s") + identifier(topic))))
        pings.append(milliseconds(client.ping))
    for what, times in (("made", made), ("deleted", deleted), ("a ping behind that", pings)):
        print(f"topic of {partitions} partitions: {what} in {statistics.median(times):.1f} ms "
              f"(median), {max(times):.1f} ms (worst of {runs})")


def measure_delete_with_data(server, client, partitions):
    client.create_topic("s", "full", partitions)
    fill(server, [("full", partition) for partition in range(partitions)])
    took = milliseconds(lambda: client.call(DELETE_TOPIC, identifier("s") + identifier("full")))
    begun = time.perf_counter()
    worst = max(milliseconds(client.ping) for _ in range(1000))
    print(f"topic of {partitions} partitions with data: deleted in {took:.1f} ms; "
          f"worst of the 1000 pings in the {time.perf_counter() - begun:.2f} s behind that: "
          f"{worst:.1f} ms")


def fill(server, places):
    message = Message(b"x" * 100).encode()
    in_parallel(server.address, places, lambda client, place: client.send(
        "s", place[0], to_partition(place[1]), [message]))


def measure_start(server, kind, partitions, idle_s):
    took = start(server)
    with server.client() as client:
        asked = time.perf_counter()
        messages = sum(topic["messages_count"] for topic in client.topics("s"))
        told = (time.perf_counter() - asked) * 1000
        first = milliseconds(lambda: client.poll("s", "t0", 0))
        time.sleep(1)
        before = cpu_seconds(server.process.pid)
        time.sleep(idle_s)
        used = (cpu_seconds(server.process.pid) - before) / idle_s * 100
    print(f"start after {kind}: exec to listening {took:.0f} ms, all totals {told:.0f} ms later "
          f"({messages} messages in {partitions} partitions), first poll {first:.1f} ms; idle: "
          f"{resident_megabytes(server.process.pid)[0]:.1f} MB resident, "
          f"{descriptors(server)} descriptors, {used:.2f} % CPU over {idle_s} s")


def measure(backend, partitions, idle_s):
    print(f"-- {backend}")
    with Server(port=free_port()) as server:
        server.start()
        with server.client() as client:
            client.create_stream("s")
            measure_one_topic(client, 500, runs=20)
            measure_delete_with_data(server, client, 500)
            places = []
            made = 0.0
            for first in range(0, partitions, PER_TOPIC):
                topic, count = f"t{first // PER_TOPIC}", min(PER_TOPIC, partitions - first)
                made += milliseconds(lambda: client.create_topic("s", topic, count))
                places += [(topic, partition) for partition in range(count)]
        empty = resident_megabytes(server.process.pid)[0]
        filled = milliseconds(lambda: fill(server, places))
        again = milliseconds(lambda: fill(server, places))
        print(f"{partitions} partitions: made in {made:.0f} ms, then {empty:.1f} MB resident; "
              f"a first message to each {filled / 1000:.1f} s, a second one {again / 1000:.1f} s, "
              f"then {resident_megabytes(server.process.pid)[0]:.1f} MB, "
              f"{descriptors(server)} descriptors")
        server.kill()
        measure_start(server, "SIGKILL", partitions, idle_s)
        print(f"orderly stop: {milliseconds(server.stop):.0f} ms")
        measure_start(server, "an orderly stop", partitions, idle_s)
        server.kill()
        measure_start(server, "SIGKILL, nothing written since the checkpoints", partitions, idle_s)
        server.stop()


def main():
    parser = parser_for(__doc__)
    parser.add_argument("--partitions", type=int, default=10000)
    parser.add_argument("--idle-seconds", type=int, default=5)
    options = parser.parse_args()
    for backend in each_backend(options):
        measure(backend, options.partitions, options.idle_seconds)


if __name__ == "__main__":
    main()
