"""What was sent, acknowledged and refused; and whether what a server gives back agrees with it."""

import dataclasses
import hashlib
import struct

from iggy_protocol import Message

SENT, ACKNOWLEDGED, REFUSED = "sent", "acknowledged", "refused"
_NAMEPLATE = struct.Struct("<4sIIHH")
_MAGIC = b"crsh"


def message(producer, number, index, count):
    """Message `index` of `count` in batch `number`: its bytes follow from these four figures."""
    plate = _NAMEPLATE.pack(_MAGIC, producer, number, index, count)
    noise = hashlib.shake_128(plate)
    seed = noise.digest(24)
    size = int.from_bytes(seed[:2], "little") % (1200 if seed[2] < 8 else 180)
    headers = b"\x02\x01\x00\x00\x00k\x02\x04\x00\x00\x00" + seed[4:8] if seed[3] < 40 else b""
    return Message(payload=plate + noise.digest(24 + size)[24:],
                   id=int.from_bytes(seed[8:24], "little") | 1, user_headers=headers,
                   origin_timestamp=number + 1)


def read_nameplate(payload):
    """(producer, number, index, count), or None if no producer of ours made the payload."""
    if len(payload) < _NAMEPLATE.size or not payload.startswith(_MAGIC):
        return None
    return _NAMEPLATE.unpack_from(payload)[1:]


@dataclasses.dataclass
class Batch:
    producer: int
    number: int
    count: int
    partition: int | None  # None: the server chose
    state: str = SENT
    found_at: tuple | None = None  # (partition, first offset)

    def messages(self):
        return [message(self.producer, self.number, index, self.count)
                for index in range(self.count)]


def describe_fault(got, expected):
    """What is wrong with one polled message; None if nothing is."""
    if not got.checksum_is_valid:
        return "its checksum is wrong"
    for field in ("payload", "id", "user_headers", "origin_timestamp"):
        if getattr(got, field) != getattr(expected, field):
            return f"its {field} is not what was sent"
    if got.reserved != 0:
        return "its reserved field is not 0"
    return None


class Ledger:
    """The batches of one data directory, over all lives of the server on it.

    `open` are those since the last check, `settled` those that were found by one.
    """

    def __init__(self, partitions, in_flight_max=1):
        self.in_flight_max = in_flight_max  # requests of one producer
        self.open = {}
        self.settled = {}
        self.ends = [0] * partitions   # offsets below were checked
        self.observed = {}             # (partition, offset) -> checksum, as consumers saw it
        self.acknowledged_count = 0

    # While the load runs.

    def send(self, producer, number, count, partition):
        batch = Batch(producer, number, count, partition)
        self.open[producer, number] = batch
        return batch

    def observe(self, partition, messages):
        for got in messages:
            self.observed[partition, got.offset] = got.checksum

    # After a restart.

    def check_new(self, partition, messages):
        """Faults of the messages from the last checked offset of `partition` to its end."""
        faults = self._check_run(partition, messages, self.ends[partition], self.open)
        for got in messages:
            seen = self.observed.get((partition, got.offset))
            if seen is not None and seen != got.checksum:
                faults.append(f"partition {partition} offset {got.offset}: a consumer had seen "
                              "another message there")
        end = self.ends[partition] + len(messages)
        faults += [f"partition {partition} offset {offset}: a consumer had seen a message there"
                   for (where, offset) in self.observed if where == partition and offset >= end]
        self.ends[partition] = end
        return faults

    def settle(self):
        """Faults of the batches that were open, after `check_new` of all partitions."""
        faults = []
        unacknowledged = {}
        for batch in self.open.values():
            name = f"batch {batch.number} of producer {batch.producer}"
            if batch.state == ACKNOWLEDGED and batch.found_at is None:
                faults.append(f"{name} was acknowledged and is missing")
            if batch.state == REFUSED and batch.found_at is not None:
                faults.append(f"{name} was refused and is there")
            if batch.state == SENT and batch.found_at is not None:
                unacknowledged.setdefault(batch.producer, []).append(batch.number)
            if batch.found_at is not None:
                self.settled[batch.producer, batch.number] = batch
            self.acknowledged_count += batch.count if batch.state == ACKNOWLEDGED else 0
        faults += [f"producer {producer} had {self.in_flight_max} requests in flight, but "
                   f"{numbers} are there" for producer, numbers in unacknowledged.items()
                   if len(numbers) > self.in_flight_max]
        self.open = {}
        self.observed = {}
        return faults

    def check_everything(self, partition, messages):
        """Faults of all messages of `partition`, every one of which an earlier check has seen."""
        before = {key: batch.found_at for key, batch in self.settled.items()}
        expected = {key: dataclasses.replace(batch, found_at=None)
                    for key, batch in self.settled.items() if batch.found_at[0] == partition}
        faults = self._check_run(partition, messages, 0, expected)
        for key, batch in expected.items():
            if batch.found_at != before[key]:
                faults.append(f"batch {key[1]} of producer {key[0]} was at {before[key]}, now at "
                              f"{batch.found_at}")
        return faults

    @staticmethod
    def _check_run(partition, messages, first_offset, batches):
        faults = []
        current = None  # the batch in which we are, and how many of it we have seen
        seen = 0
        latest = {}
        time = 0
        for position, got in enumerate(messages):
            where = f"partition {partition} offset {got.offset}"
            if got.offset != first_offset + position:
                faults.append(f"{where}: offset {first_offset + position} was due")
                return faults
            if got.timestamp < time:
                faults.append(f"{where}: time runs backwards")
            time = got.timestamp
            plate = read_nameplate(got.payload)
            batch = batches.get(plate[:2]) if plate else None
            if batch is None or batch.count != plate[3] or plate[2] >= batch.count:
                faults.append(f"{where}: nobody sent this, or it is there twice")
                return faults
            fault = describe_fault(got, message(*plate))
            if fault:
                faults.append(f"{where}: {fault}")
            if plate[2] == 0:
                if current is not None and seen != current.count:
                    faults.append(f"{where}: the batch before has {seen} of {current.count}")
                if batch.found_at is not None:
                    faults.append(f"{where}: batch {plate[1]} of producer {plate[0]} is here again")
                if batch.partition is not None and batch.partition != partition:
                    faults.append(f"{where}: was sent to partition {batch.partition}")
                if latest.get(batch.producer, -1) > batch.number:
                    faults.append(f"{where}: producer {batch.producer} sent this earlier")
                latest[batch.producer] = batch.number
                batch.found_at = (partition, got.offset)
                current, seen = batch, 1
            elif batch is current and plate[2] == seen:
                seen += 1
            else:
                faults.append(f"{where}: message {plate[2]} of a batch stands alone")
                return faults
        if current is not None and seen != current.count:
            faults.append(f"partition {partition}: the last batch has {seen} of {current.count}")
        return faults
