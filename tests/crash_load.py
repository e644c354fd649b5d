"""Many connections that send, poll and change things at once, until the server is gone."""

import collections
import copy
import itertools
import selectors
import socket
import struct

import crash_ledger
import iggy_protocol as protocol

STREAM, TOPIC, PARTITIONS = "crash", "load", 16
PIPELINE_MAX = 8  # requests that a producer has in flight


def producer(ledger, random, identity, in_flight_max=1):
    """Sends batches of all sizes; now and then one that must be refused.

    Replies come in the order of the requests, of which so many are in flight.
    """
    waiting = collections.deque()
    requests = batches(ledger, random, identity)
    while True:
        frames = b""
        for _ in range(random.randint(1, in_flight_max) - len(waiting)):
            batch, refusal, frame = next(requests)
            waiting.append((batch, refusal))
            frames += frame
        status, _ = yield frames
        batch, refusal = waiting.popleft()
        if status != (refusal or 0):
            raise AssertionError(f"a batch was answered with {status}, not {refusal or 0}")
        batch.state = crash_ledger.REFUSED if refusal else crash_ledger.ACKNOWLEDGED


def batches(ledger, random, identity):
    """(batch, status with which it must be refused or None, its request)"""
    for number in itertools.count():
        kind = random.random()
        count = (1 if kind < 0.6 else random.randint(2, 16) if kind < 0.97
                 else random.randint(100, 500))
        partition = random.randrange(PARTITIONS)
        how = random.random()
        refusal = None
        if how < 0.80:
            partitioning = protocol.to_partition(partition)
        elif how < 0.87:
            partitioning, partition = protocol.balanced(), None
        elif how < 0.94:
            key = random.randbytes(random.randint(1, 20))
            partitioning = protocol.by_key(key)
            partition = protocol.xxh32(key) % PARTITIONS
        else:
            partitioning, refusal = protocol.to_partition(PARTITIONS + partition), 3007
        batch = ledger.send(identity, number, count, partition)
        payload = protocol.send_payload(STREAM, TOPIC, partitioning, batch.messages())
        if how > 0.98:
            payload, refusal = payload + b"\0", 4036
        yield batch, refusal, protocol.frame(protocol.SEND, payload)


class StoredOffset:
    """The offset of one consumer of one partition: the last one known, and one under way."""

    def __init__(self):
        self.known = None
        self.acceptable = {None}

    def begin(self, value):
        self.acceptable = {self.known, value}

    def end(self, value):
        self.known = value
        self.acceptable = {value}


def consumer(ledger, random, partition, who, stored):
    """Reads a partition from its stored offset on, commits, and remembers what it saw."""
    place = (protocol.consumer(who) + protocol.identifier(STREAM) + protocol.identifier(TOPIC) +
             protocol.optional_partition(partition))
    while True:
        commits = random.random() < 0.5
        status, reply = yield protocol.frame(protocol.POLL, place + struct.pack(
            "<BQIB", protocol.NEXT, 0, random.randint(1, 200), 0))
        if status != 0:
            raise AssertionError(f"a poll was answered with {status}")
        polled = protocol.parse_polled(reply)
        ledger.observe(partition, polled.messages)
        if not polled.messages:
            continue
        last = polled.messages[-1].offset
        stored.begin(last)
        if commits:
            status, _ = yield protocol.frame(protocol.STORE_OFFSET,
                                             place + struct.pack("<Q", last))
        else:
            status, _ = yield protocol.frame(protocol.POLL, place + struct.pack(
                "<BQIB", protocol.BY_OFFSET, last, 1, 1))
        if status != 0:
            raise AssertionError(f"a commit was answered with {status}")
        stored.end(last)


class Catalogue:
    """The streams and topics that must be there: name -> {topic: partitions}."""

    def __init__(self):
        self.known = {}
        self.acceptable = [{}]

    def apply(self, change):
        after = copy.deepcopy(self.known)
        change(after)
        self.acceptable = [self.known, after]
        return after

    def end(self, after):
        self.known = after
        self.acceptable = [after]


def administrator(catalogue, random, prefix):
    """Creates, grows, renames and deletes streams and topics."""
    serial = 0
    while True:
        serial += 1
        names = sorted(catalogue.known)
        kind = random.random()
        if kind < 0.4 or not names:
            name = f"{prefix}-{serial}"
            request = protocol.frame(protocol.CREATE_STREAM, protocol.name(name))
            change = lambda all_, name=name: all_.update({name: {}})
        elif kind < 0.7:
            name, topic = random.choice(names), f"topic-{prefix}-{serial}"
            count = random.randint(0, 4)
            request = protocol.frame(
                protocol.CREATE_TOPIC, protocol.identifier(name) +
                struct.pack("<IBQQB", count, 1, 0, 0, 1) + protocol.name(topic))
            change = lambda all_, name=name, topic=topic, count=count: all_[name].update(
                {topic: count})
        elif kind < 0.8:
            with_topics = [name for name in names if catalogue.known[name]]
            if not with_topics:
                continue
            name = random.choice(with_topics)
            topic = random.choice(sorted(catalogue.known[name]))
            request = protocol.frame(
                protocol.CREATE_PARTITIONS, protocol.identifier(name) +
                protocol.identifier(topic) + struct.pack("<I", 2))
            change = lambda all_, name=name, topic=topic: all_[name].update(
                {topic: all_[name][topic] + 2})
        elif kind < 0.9:
            name, new = random.choice(names), f"renamed-{prefix}-{serial}"
            request = protocol.frame(protocol.UPDATE_STREAM,
                                     protocol.identifier(name) + protocol.name(new))
            change = lambda all_, name=name, new=new: all_.update({new: all_.pop(name)})
        else:
            name = random.choice(names)
            request = protocol.frame(protocol.DELETE_STREAM, protocol.identifier(name))
            change = lambda all_, name=name: all_.pop(name)
        after = catalogue.apply(change)
        status, _ = yield request
        if status != 0:
            raise AssertionError(f"a change of the catalogue was answered with {status}")
        catalogue.end(after)


class _Connection:
    def __init__(self, address, agent):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.agent = agent
        self.received = bytearray()
        self.is_logged_in = False

    def send(self, request):
        """False if the server is gone."""
        try:
            self.socket.sendall(request)
            return True
        except OSError:
            return False

    def receive(self):
        """False if the server is gone."""
        try:
            data = self.socket.recv(262144)
        except OSError:
            return False
        self.received += data
        return bool(data)

    def take_reply(self):
        """(status, payload), or None while it is not whole."""
        if len(self.received) < 8:
            return None
        status, length = struct.unpack_from("<II", self.received)
        if len(self.received) < 8 + length:
            return None
        payload = bytes(self.received[8:8 + length])
        del self.received[:8 + length]
        return status, payload

    def answer(self, reply):
        """Hands the reply to the agent and sends its next request. False if the server is gone."""
        if not self.is_logged_in:
            if reply[0] != 0:
                raise AssertionError(f"a login was answered with {reply[0]}")
            self.is_logged_in = True
            return self.send(next(self.agent))
        return self.send(self.agent.send(reply))


def run(address, agents, goodbye=None, on_reply=lambda replies: None):
    """Runs each agent on a connection of its own until the server has closed all of them.

    An agent yields the bytes that are to be sent, and is sent one reply. Returns the number of
    replies. One with the status `goodbye` is the last. `on_reply` is called with their number so
    far.
    """
    login = protocol.frame(protocol.LOGIN, protocol.name("iggy") + protocol.name("iggy") +
                           struct.pack("<II", 0, 0))
    replies = 0
    on_reply(replies)
    with selectors.DefaultSelector() as selector:
        for agent in agents:
            try:
                connection = _Connection(address, agent)
            except OSError:
                continue  # killed before it began
            connection.send(login)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        while selector.get_map():
            events = selector.select(60)
            if not events:
                raise AssertionError("no reply on any connection for 60 s")
            for key, _ in events:
                connection = key.data
                alive = connection.receive()
                while (reply := connection.take_reply()) is not None and reply[0] != goodbye:
                    replies += 1
                    on_reply(replies)
                    alive = connection.answer(reply) and alive
                if not alive:
                    selector.unregister(connection.socket)
                    connection.socket.close()
    return replies
