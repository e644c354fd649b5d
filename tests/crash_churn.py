"""Topics that are filled, purged, deleted and made again all the time, and what must be in them."""

import struct

import crash_ledger
import iggy_protocol as protocol
from crash_load import STREAM

PARTITIONS = 3
CHECK_COUNT = 2000  # messages for each poll of a check
FIRST_PRODUCER = 1_000_000  # apart from the producers of other topics


def read_from(client, topic, partition, offset):
    """All messages of the partition from `offset` on."""
    messages = []
    while True:
        polled = client.poll(STREAM, topic, partition, protocol.BY_OFFSET, offset + len(messages),
                             CHECK_COUNT, who=99)
        if not polled.messages:
            return messages
        messages += polled.messages


class Churn:
    """A topic of one agent. Its state is None while there is none, else the batches of each
    partition as (number, count)."""

    def __init__(self, topic, index):
        self.topic = topic
        self.producer = FIRST_PRODUCER + index
        self.sent = 0
        self.acceptable = [None]  # the last one, and what the request under way makes of it

    @property
    def state(self):
        return self.acceptable[0]

    def batch(self, random):
        """(number, count) of the next one."""
        self.sent += 1
        return self.sent, 1 if random.random() < 0.5 else random.randint(2, 60)

    def messages(self, batch):
        number, count = batch
        return [crash_ledger.message(self.producer, number, index, count)
                for index in range(count)]

    def check(self, client):
        """What is wrong after a restart."""
        found = client.topic(STREAM, self.topic)
        actual, faults = None, []
        if found is not None:
            actual = []
            for partition in range(found["partitions_count"]):
                messages = read_from(client, self.topic, partition, 0)
                batches, wrong = self.whole_batches(messages)
                faults += [f"{self.topic}, partition {partition}: {text}" for text in wrong]
                actual.append(batches)
        if not faults and actual not in self.acceptable:
            faults.append(f"{self.topic} holds {actual}, not one of {self.acceptable}")
        self.acceptable = [actual]
        return faults

    def whole_batches(self, messages):
        batches = []
        while messages:
            plate = crash_ledger.read_nameplate(messages[0].payload)
            if plate is None or plate[0] != self.producer or plate[2] != 0:
                return batches, ["nobody sent this, or its batch has no head"]
            batch = plate[1], plate[3]
            expected = self.messages(batch)
            if len(messages) < len(expected):
                return batches, [f"batch {batch} is not whole"]
            offset = sum(count for _, count in batches)
            for index, (got, wanted) in enumerate(zip(messages, expected)):
                fault = crash_ledger.describe_fault(got, wanted)
                if fault or got.offset != offset + index:
                    return batches, [f"offset {got.offset}: {fault or 'wrong offset'}"]
            batches.append(batch)
            messages = messages[len(expected):]
        return batches, []


def churner(churn, random):
    """Fills the topic, and empties it in every way."""
    topic = protocol.identifier(STREAM) + protocol.identifier(churn.topic)
    while True:
        state = churn.state
        kind = random.random()
        if state is None:
            after = [[] for _ in range(PARTITIONS)]
            request = protocol.frame(protocol.CREATE_TOPIC, protocol.identifier(STREAM) + struct.pack(
                "<IBQQB", PARTITIONS, 1, 0, 0, 1) + protocol.name(churn.topic))
        elif kind < 0.06:
            after = [[] for _ in state]
            request = protocol.frame(protocol.PURGE_TOPIC, topic)
        elif kind < 0.10:
            after = None
            request = protocol.frame(protocol.DELETE_TOPIC, topic)
        elif kind < 0.14 and len(state) > 1:
            after = state[:-1]
            request = protocol.frame(protocol.DELETE_PARTITIONS, topic + struct.pack("<I", 1))
        elif kind < 0.18:
            after = [*state, []]
            request = protocol.frame(protocol.CREATE_PARTITIONS, topic + struct.pack("<I", 1))
        else:
            partition = random.randrange(len(state))
            batch = churn.batch(random)
            after = [*state[:partition], [*state[partition], batch], *state[partition + 1:]]
            request = protocol.frame(protocol.SEND, protocol.send_payload(
                STREAM, churn.topic, protocol.to_partition(partition), churn.messages(batch)))
        churn.acceptable = [state, after]
        status, _ = yield request
        if status != 0:
            raise AssertionError(f"a request for {churn.topic} was answered with {status}")
        churn.acceptable = [after]
