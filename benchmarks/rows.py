"""The rows of the table: a load, what it is held against, and the budget."""

import dataclasses
import statistics
from collections.abc import Callable

from servers import drop_cache

MESSAGE_HEADER_BYTES = 64


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two things that a row compares."""

    server: str  # iggy, null or raw
    load: tuple  # of the driver; for raw: files and bytes of each write
    role: str = "producers"  # whose figures count: producers, consumers or end_to_end
    fill: tuple = ()  # loads that come before, each a tuple
    shards: int = 2
    fsync: bool = False
    drop_cache: bool = False  # between the fill and the load
    label: str = ""

    def name(self):
        return self.label or self.server


@dataclasses.dataclass(frozen=True)
class Budget:
    """A bound on one value of a row. The value is the median over the pairs."""

    text: str
    value: Callable  # of the figures of ours and of the reference
    bound: float
    is_floor: bool = False

    def check(self, pairs):
        value = statistics.median(self.value(ours, other) for ours, other in pairs)
        ok = value >= self.bound if self.is_floor else value <= self.bound
        return {"text": self.text, "value": value, "bound": self.bound,
                "is_floor": self.is_floor, "ok": ok}


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    ours: Side
    other: Side
    budgets: tuple
    is_default: bool = True
    half_rate: bool = False  # both at half of what the slower one reaches


NAMES = {"mb_per_s": "MB/s", "requests_per_s": "requests/s", "p50_us": "p50", "p99_us": "p99",
         "p999_us": "p999", "cpu_s_per_gb": "CPU s/GB", "cpu_us_per_request": "CPU us/request",
         "read_mb": "MB read from disk"}


def quotient(a, b):
    return a / b if b else float("inf")


def ratio(metric, bound, is_floor=False):
    return Budget(f"{NAMES[metric]}, ratio", lambda ours, other: quotient(ours[metric], other[metric]),
                  bound, is_floor)


def own(metric, bound, is_floor=False):
    return Budget(NAMES[metric], lambda ours, _: ours[metric], bound, is_floor)


def yardstick(metric, bound, is_floor=False):
    """From the reference implementation: half its CPU, at least its throughput."""
    return Budget(f"{NAMES[metric]} (yardstick)", lambda ours, _: ours[metric], bound, is_floor)


P99_BY_P50 = Budget("p99 / p50", lambda ours, _: quotient(ours["p99_us"], ours["p50_us"]), 3)

# Loads.


def sending(producers, batch=1000, size=1000, partitions=None, seconds=1.5, **more):
    return options(producers=producers, batch=batch, message_size=size, seconds=seconds,
                   warmup_seconds=0.3, touch=True, partitions=partitions or producers, **more)


def polling(consumers, batch=1000, size=1000, partitions=None, seconds=1.5, **more):
    return options(consumers=consumers, batch=batch, message_size=size, seconds=seconds,
                   warmup_seconds=0.3, partitions=partitions or consumers, **more)


def filling(partitions, megabytes, batch=1000, size=1000, **more):
    """`megabytes` of payload over all partitions, in whole batches, the same for each."""
    each = max(1, round(megabytes * 1e6 / (batch * size * partitions)))
    return options(producers=min(partitions, 8), batch=batch, message_size=size,
                   requests=each * partitions, partitions=partitions, **more)


def options(**values):
    """--some-name value, for the driver. True is a flag, a tuple has several values."""
    found = []
    for name, value in values.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            found.append(flag)
        elif isinstance(value, tuple):
            found += [flag, *value]
        else:
            found += [flag, value]
    return tuple(found)


def against_null(name, title, load, budgets, role="producers", fill=(), **more):
    return Row(name, title, Side("iggy", load, role, fill), Side("null", load, role, fill),
               budgets, **more)


def send_rows():
    for producers in (1, 8):
        yield against_null(
            f"send-{producers}", f"send, 1000 x 1000 B, {producers} producer(s)",
            sending(producers),
            (ratio("cpu_s_per_gb", 1.35), ratio("mb_per_s", 0.75, is_floor=True),
             yardstick("cpu_s_per_gb", 0.425)))
    for connections in (16, 64):
        yield against_null(
            f"send-small-{connections}", f"send, 1 x 100 B, {connections} connections",
            sending(connections, batch=1, size=100, partitions=16),
            (ratio("cpu_us_per_request", 1.4), ratio("requests_per_s", 0.7, is_floor=True),
             yardstick("cpu_us_per_request", 16)))
    yield against_null("send-ten-16", "send, 10 x 1000 B, 16 connections",
                       sending(16, batch=10), (ratio("cpu_us_per_request", 1.4),))


def poll_rows():
    for consumers in (1, 8):
        yield against_null(
            f"poll-{consumers}", f"poll, 1000 x 1000 B, warm, {consumers} consumer(s)",
            polling(consumers),
            (ratio("cpu_s_per_gb", 1.15), ratio("mb_per_s", 0.9, is_floor=True),
             yardstick("cpu_s_per_gb", 0.22)),
            role="consumers", fill=(filling(consumers, 800),))
    small = {"role": "consumers", "fill": (filling(16, 32, batch=100, size=100),)}
    for connections in (16, 64):
        yield against_null(
            f"poll-small-{connections}", f"poll, 1 x 100 B, {connections} connections",
            polling(connections, batch=100, size=100, poll_count=1, partitions=16),
            (ratio("cpu_us_per_request", 1.4), ratio("requests_per_s", 0.7, is_floor=True),
             yardstick("cpu_us_per_request", 16)), **small)
    yield against_null(
        "poll-ten-16", "poll, 10 x 1000 B, 16 connections", polling(16, batch=10),
        (ratio("cpu_us_per_request", 1.4),), role="consumers",
        fill=(filling(16, 160, batch=10, in_flight=8),))
    yield against_null(
        "poll-commit-16", "poll with auto-commit, 1 x 100 B, 16 connections",
        polling(16, batch=100, size=100, poll_count=1, auto_commit=True),
        (ratio("cpu_us_per_request", 1.6),), **small)


def paced_rows():
    for batch, is_default in ((100, True), (1000, False)):
        yield against_null(
            f"paced-{batch}", f"paced producer at half the maximum, {batch} x 1000 B",
            sending(1, batch=batch, seconds=4.0),
            (ratio("p99_us", 2), ratio("p999_us", 2), P99_BY_P50),
            is_default=is_default, half_rate=True)
    yield against_null(
        "tail", "tail consumer beside its producer, 10 x 1000 B, 2000/s",
        sending(1, batch=10, consumers=1, rate=2000, tail=True),
        (own("read_mb", 0), ratio("p99_us", 2)), role="end_to_end")
    # The paced producer has a partition of its own; the reader reads the first four.
    beside = {"batch": 100, "producer_partitions": (4, 5), "partitions": 5, "rate": 500,
              "seconds": 3.0}
    fill = (options(producers=4, batch=1000, message_size=1000, requests=1600, partitions=5,
                    producer_partitions=(0, 4)),)
    alone = Side("iggy", sending(1, **beside), fill=fill, drop_cache=True, label="alone")
    reader = options(consumers=1, passes=1, poll_count=1000, consumer_partitions=(0, 4))
    yield Row("cold", "cold read beside a paced producer, 100 x 1000 B, 500/s",
              dataclasses.replace(alone, load=alone.load + reader, label="beside"), alone,
              (ratio("p99_us", 2),))


def fsync_rows():
    for producers in (16, 1):
        for batch in (1, 250):
            load = sending(producers, batch=batch)
            budgets = (ratio("requests_per_s", 0.8, is_floor=True),)
            if producers == 16:
                known = yardstick("requests_per_s", 4000, True) if batch == 1 else \
                    yardstick("mb_per_s", 416, True)
                budgets += (known,)
            yield Row(f"fsync-{producers}x{batch}",
                      f"append with fsync, {batch} x 1000 B, {producers} producer(s)",
                      Side("iggy", load, fsync=True),
                      Side("raw", (producers, batch * (1000 + MESSAGE_HEADER_BYTES))), budgets)


def self_rows():
    for name, batch, size, metric in (("small", 1, 100, "cpu_us_per_request"),
                                      ("batch", 1000, 1000, "cpu_s_per_gb")):
        two = Side("iggy", sending(1, batch=batch, size=size), label="2 shards")
        yield Row(f"shards-{name}", f"one connection, one partition, {batch} x {size} B", two,
                  dataclasses.replace(two, shards=1, label="1 shard"), (ratio(metric, 1.1),))
    few = Side("iggy", sending(8, batch=10, partitions=8), label="8")
    many = Side("iggy", sending(8, batch=10, partitions=1000), label="1000")
    yield Row("partitions-send", "1000 active partitions, send 10 x 1000 B, 8 producers", many, few,
              (ratio("cpu_us_per_request", 1.2),))
    few = Side("iggy", polling(8, batch=10, partitions=8), "consumers",
               (filling(8, 200, batch=10, in_flight=8),), label="8")
    many = Side("iggy", polling(8, batch=10, partitions=1000), "consumers",
                (filling(1000, 200, batch=10, in_flight=8),), label="1000")
    yield Row("partitions-poll", "1000 active partitions, poll 10 x 1000 B, 8 consumers", many, few,
              (ratio("cpu_us_per_request", 1.2),), is_default=False)


def all_rows():
    return [*send_rows(), *poll_rows(), *paced_rows(), *fsync_rows(), *self_rows()]


# Measuring.


NOTHING = {"requests": 0, "empty_polls": 0, "bytes": 0, "mb_per_s": 0.0, "requests_per_s": 0.0,
           "latency": {"p50_us": 0.0, "p99_us": 0.0, "p999_us": 0.0, "max_us": 0.0}}


def figures_of(report, role):
    """The figures of a table line from the report of the driver."""
    everybody = {name: report[name] or NOTHING for name in ("producers", "consumers")}
    who = everybody["producers" if role == "end_to_end" else role]
    latency = everybody["consumers"].get("end_to_end") if role == "end_to_end" else who["latency"]
    requests = sum(one["requests"] + one["empty_polls"] for one in everybody.values())
    gigabytes = sum(one["bytes"] for one in everybody.values()) / 1e9
    cpu = report["server_cpu_s"]
    return {**(latency or NOTHING["latency"]),
            "mb_per_s": who["mb_per_s"], "requests_per_s": who["requests_per_s"],
            "cpu_s_per_gb": quotient(cpu, gigabytes),
            "cpu_us_per_request": quotient(cpu * 1e6, requests),
            "server_share": cpu / report["seconds"],
            "driver_share": report["driver_cpu_s"] / report["seconds"],
            "others_share": report["others_cpu_s"] / report["seconds"],
            "rss_mb": report["server_rss_mb"], "read_mb": report["server_read_bytes"] / 1e6}


def measure(bench, side, more=()):
    """One run of one side, on a fresh data directory."""
    with bench.directory() as directory:
        if side.server == "raw":
            files, size = side.load
            raw = bench.run("raw-disk", "--directory", directory, "--files", files, "--bytes", size)
            return {**raw.pop("latency"), **raw}
        server = bench.server(side.server, directory, side.shards, side.fsync).start()
        try:
            for load in side.fill:
                bench.drive(server, *load)
            if side.drop_cache:
                drop_cache(server.data)
            return figures_of(bench.drive(server, *side.load, *more), side.role)
        finally:
            server.kill()


def half_rate(bench, row):
    slower = min(measure(bench, side)["requests_per_s"] for side in (row.ours, row.other))
    return ("--rate", slower / 2)


def measure_row(bench, row, pairs):
    """Pairs of runs, in alternating order."""
    more = half_rate(bench, row) if row.half_rate else ()
    found = []
    for number in range(pairs):
        sides = [row.ours, row.other]
        if number % 2 == 1:
            sides.reverse()
        done = {side.name(): measure(bench, side, more) for side in sides}
        found.append((done[row.ours.name()], done[row.other.name()]))
    return found
