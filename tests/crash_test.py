"""Kills the server at random moments of a many-connection load and checks what it comes back with.

IGGY_CRASH_ROUNDS is the number of kills (30), IGGY_CRASH_SEED repeats the choices of a run.
"""

import contextlib
import copy
import os
import random
import signal
import threading
import time
import unittest

import crash_churn
import crash_load
import iggy_protocol as protocol
from crash_ledger import ACKNOWLEDGED, REFUSED, Ledger
from crash_load import PARTITIONS, STREAM, TOPIC
from iggy_server import PATIENCE_S, Server, free_port

ROUNDS = int(os.environ.get("IGGY_CRASH_ROUNDS", "30"))
SEED = int(os.environ.get("IGGY_CRASH_SEED", random.SystemRandom().randrange(2**32)))
PRODUCERS = 5
CHURNERS = 2
ROUNDS_PER_DIRECTORY = 10
REPLIES_MAX = 600  # before the kill


class Life:
    """A data directory, the server on it, and what it owes."""

    def __init__(self, server, choices, number):
        self.server = server
        self.choices = choices
        self.number = number
        self.ledger = Ledger(PARTITIONS, crash_load.PIPELINE_MAX)
        self.churns = [crash_churn.Churn(f"churn-{index}", index) for index in range(CHURNERS)]
        self.catalogue = crash_load.Catalogue()
        self.offsets = {}     # (partition, consumer) -> StoredOffset
        self.slowest_s = 0.0  # from exec to the first answer
        self.replies = 0

    def begin(self):
        self.start()
        with self.server.client() as client:
            client.create_stream(STREAM)
            client.create_topic(STREAM, TOPIC, PARTITIONS)

    def start(self):
        """Starts the server and insists on an answer from the moment it listens."""
        self.server.environment["IGGY_SYSTEM_SHARDING_CPU_ALLOCATION"] = self.choices.choice(
            ["1", "all"])
        begun = time.monotonic()
        self.server.launch()
        self.server.address = f"127.0.0.1:{self.server.port}"
        while not self.has_answered():
            self.server.check_started()
            if time.monotonic() - begun > PATIENCE_S:
                raise AssertionError("the server does not listen")
            time.sleep(0.0005)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        self.server.client(timeout=PATIENCE_S).close()

    def has_answered(self):
        """Tries to get an answer. Once the server listens, a failure is the server's."""
        listened = self.server.has_printed(b"listening for TCP")
        try:
            with protocol.Client(self.server.address, PATIENCE_S, login=False) as client:
                client.ping()
            return True
        except (ConnectionError, protocol.ConnectionLost):
            # For some milliseconds after its end the kernel still accepts in the name of a killed
            # process whose listener is in an io_uring, and then resets.
            if listened:
                raise
            return False

    def run_until_killed(self, round_number):
        """A load of many connections, and a SIGKILL in the middle of it."""
        base = round_number * PRODUCERS
        agents = [crash_load.producer(self.ledger, self.own_choices(), base + index,
                                      self.choices.choice([1, crash_load.PIPELINE_MAX]))
                  for index in range(PRODUCERS)]
        agents += [crash_churn.churner(churn, self.own_choices()) for churn in self.churns]
        for partition in (0, 1):
            stored = self.offsets.setdefault((partition, partition + 1),
                                             crash_load.StoredOffset())
            agents.append(crash_load.consumer(self.ledger, self.own_choices(), partition,
                                              partition + 1, stored))
        agents.append(crash_load.administrator(self.catalogue, self.own_choices(),
                                               f"s{round_number}"))
        with self.after_replies(signal.SIGKILL) as on_reply:
            self.replies += crash_load.run(self.server.address, agents, on_reply=on_reply)
        status = self.server.wait()
        if status != -signal.SIGKILL:
            raise AssertionError(f"the server ended by itself with status {status}:\n"
                                 f"{self.server.errors.decode(errors='replace')}")

    @contextlib.contextmanager
    def after_replies(self, sign):
        """Sends the signal at a random moment: so many replies, and then some milliseconds, later.

        The first replies are those to the logins.
        """
        count = self.choices.choice([0, self.choices.randint(1, REPLIES_MAX)])
        if self.choices.random() < 0.8:
            count = self.choices.randint(PRODUCERS, REPLIES_MAX)
        timer = threading.Timer(self.choices.uniform(0, 0.02), self.server.process.send_signal,
                                [sign])
        try:
            yield lambda replies: timer.start() if replies == count else None
        finally:
            if timer.ident is not None:
                timer.join()

    def own_choices(self):
        return random.Random(self.choices.getrandbits(64))

    # After a restart.

    def faults(self):
        """Where what the server has differs from what it owes."""
        with self.server.client(timeout=PATIENCE_S) as client:
            faults = self.catalogue_faults(client) + self.offset_faults(client)
            for churn in self.churns:
                faults += churn.check(client)
            for partition in range(PARTITIONS):
                faults += self.ledger.check_new(
                    partition, crash_churn.read_from(client, TOPIC, partition,
                                                     self.ledger.ends[partition]))
            return faults + self.ledger.settle()

    def faults_of_everything(self):
        with self.server.client(timeout=PATIENCE_S) as client:
            faults = []
            for partition in range(PARTITIONS):
                faults += self.ledger.check_everything(
                    partition, crash_churn.read_from(client, TOPIC, partition, 0))
            counts = [part["messages_count"] for part in client.topic(STREAM, TOPIC)["partitions"]]
            if counts != self.ledger.ends:
                faults.append(f"{counts} messages are reported, {self.ledger.ends} are there")
            return faults

    def catalogue_faults(self, client):
        actual = {}
        for stream in client.streams():
            if stream["name"] != STREAM:
                actual[stream["name"]] = {topic["name"]: topic["partitions_count"]
                                          for topic in client.topics(stream["id"])}
        if actual not in self.catalogue.acceptable:
            return [f"the streams and topics are {actual}, not one of {self.catalogue.acceptable}"]
        self.catalogue.end(actual)
        return []

    def offset_faults(self, client):
        faults = []
        for (partition, who), stored in self.offsets.items():
            actual = client.stored_offset(STREAM, TOPIC, partition, who)
            if actual not in stored.acceptable:
                faults.append(f"consumer {who} has offset {actual} in partition {partition}, "
                              f"not one of {stored.acceptable}")
            stored.end(actual)
        return faults


class AKilledServer(unittest.TestCase):
    def test_keeps_what_it_acknowledged_and_nothing_that_it_refused(self):
        print(f"\nseed {SEED}, {ROUNDS} rounds", flush=True)
        choices = random.Random(SEED)
        acknowledged = replies = 0
        slowest = 0.0
        begun = time.monotonic()
        for first in range(0, ROUNDS, ROUNDS_PER_DIRECTORY):
            life = self.live(choices, first, min(ROUNDS_PER_DIRECTORY, ROUNDS - first))
            acknowledged += life.ledger.acknowledged_count
            replies += life.replies
            slowest = max(slowest, life.slowest_s)
        print(f"{ROUNDS} kills in {time.monotonic() - begun:.0f} s: {replies} requests answered, "
              f"{acknowledged} messages acknowledged and found again, slowest start until an "
              f"answer {slowest * 1000:.0f} ms", flush=True)
        self.assertGreater(acknowledged, 100 * ROUNDS)

    def live(self, choices, first, rounds):
        environment = {
            # Small, so that segments are rolled and checkpoints written under load.
            "IGGY_SYSTEM_SEGMENT_SIZE": choices.choice(["16 KiB", "64 KiB", "256 KiB"]),
            "IGGY_MESSAGE_SAVER_INTERVAL": "50 ms",
            "IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC": choices.choice(["true", "false", "false"]),
        }
        with Server(port=free_port(), environment=environment) as server:
            life = Life(server, choices, first)
            life.begin()
            for number in range(first, first + rounds):
                life.run_until_killed(number)
                life.start()
                self.expect_none(life.faults(), number)
            self.expect_none(life.faults_of_everything(), first + rounds - 1)
            server.stop()
            life.start()
            self.expect_none(life.faults_of_everything(), first + rounds - 1)
            server.stop()
        return life

    def expect_none(self, faults, number):
        self.assertFalse(faults, f"after kill {number}, seed {SEED}:\n" + "\n".join(faults[:20]))


class TheCheck(unittest.TestCase):
    """It finds what is wrong in doctored data."""

    def setUp(self):
        self.ledger = Ledger(1)
        for number, count in enumerate((1, 5, 3)):
            self.ledger.send(7, number, count, 0).state = ACKNOWLEDGED
        self.stored = [polled for batch in self.ledger.open.values()
                       for polled in batch.messages()]
        self.number()

    def number(self):
        for offset, message in enumerate(self.stored):
            message.offset = offset
            message.timestamp = 1000 + offset
            message.checksum_is_valid = True

    def faults(self):
        return self.ledger.check_new(0, self.stored) + self.ledger.settle()

    def test_finds_nothing_in_sound_data(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(self.ledger.acknowledged_count, 9)
        self.assertEqual(self.ledger.check_everything(0, self.stored), [])

    def test_finds_a_missing_acknowledged_batch(self):
        del self.stored[6:]
        self.assertEqual(self.faults(), ["batch 2 of producer 7 was acknowledged and is missing"])

    def test_finds_half_a_batch_at_the_end(self):
        del self.stored[7:]
        self.assertIn("partition 0: the last batch has 1 of 3", self.faults())

    def test_finds_half_a_batch_in_the_middle(self):
        del self.stored[4:6]
        self.number()
        self.assertIn("partition 0 offset 4: the batch before has 3 of 5", self.faults())

    def test_finds_a_batch_without_its_head(self):
        del self.stored[1]
        self.number()
        self.assertIn("partition 0 offset 1: message 1 of a batch stands alone", self.faults())

    def test_finds_a_gap(self):
        self.stored[8].offset = 9
        self.assertIn("partition 0 offset 9: offset 8 was due", self.faults())

    def test_finds_a_changed_byte(self):
        message = self.stored[3]
        message.payload = message.payload[:-1] + bytes([message.payload[-1] ^ 1])
        self.assertIn("partition 0 offset 3: its payload is not what was sent", self.faults())

    def test_finds_a_wrong_checksum(self):
        self.stored[3].checksum_is_valid = False
        self.assertIn("partition 0 offset 3: its checksum is wrong", self.faults())

    def test_finds_a_batch_that_is_there_twice(self):
        self.stored += copy.deepcopy(self.stored[6:])
        self.number()
        self.assertIn("partition 0 offset 9: batch 2 of producer 7 is here again", self.faults())

    def test_finds_what_nobody_sent(self):
        self.stored.append(protocol.Message(b"stranger"))
        self.number()
        self.assertIn("partition 0 offset 9: nobody sent this, or it is there twice", self.faults())

    def test_finds_a_refused_batch(self):
        self.ledger.open[7, 2].state = REFUSED
        self.assertIn("batch 2 of producer 7 was refused and is there", self.faults())

    def test_finds_more_than_one_request_in_flight(self):
        for number in (1, 2):
            self.ledger.open[7, number].state = "sent"
        self.assertEqual(self.faults(),
                         ["producer 7 had 1 requests in flight, but [1, 2] are there"])

    def test_finds_a_wrong_partition(self):
        self.ledger.open[7, 1].partition = 3
        self.assertIn("partition 0 offset 1: was sent to partition 3", self.faults())

    def test_finds_a_message_that_a_consumer_saw_differently(self):
        self.ledger.observed = {(0, 2): 12345, (0, 9): 1}
        faults = self.faults()
        self.assertIn("partition 0 offset 2: a consumer had seen another message there", faults)
        self.assertIn("partition 0 offset 9: a consumer had seen a message there", faults)

    def test_finds_what_vanishes_between_two_checks(self):
        self.faults()
        self.assertEqual(self.ledger.check_everything(0, self.stored[:6]),
                         ["batch 2 of producer 7 was at (0, 6), now at None"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
