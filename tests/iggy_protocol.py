"""A small client of the Iggy binary protocol over TCP, written apart from the codecs under test."""

import ctypes
import dataclasses
import socket
import struct

PING, STATS, CLUSTER_METADATA, ME = 1, 10, 12, 20
LOGIN, LOGOUT = 38, 39
POLL, SEND, FLUSH = 100, 101, 102
GET_OFFSET, STORE_OFFSET, DELETE_OFFSET = 120, 121, 122
GET_STREAM, GET_STREAMS, CREATE_STREAM = 200, 201, 202
DELETE_STREAM, UPDATE_STREAM, PURGE_STREAM = 203, 204, 205
GET_TOPIC, GET_TOPICS, CREATE_TOPIC = 300, 301, 302
DELETE_TOPIC, UPDATE_TOPIC, PURGE_TOPIC = 303, 304, 305
CREATE_PARTITIONS, DELETE_PARTITIONS = 402, 403

BY_OFFSET, BY_TIMESTAMP, FIRST, LAST, NEXT = 1, 2, 3, 4, 5
MESSAGE_HEADER_BYTES = 64
U64_MAX = 2**64 - 1

_xxhash = ctypes.CDLL("libxxhash.so.0")
_xxhash.XXH3_64bits.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_xxhash.XXH32.restype = ctypes.c_uint32
_xxhash.XXH32.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32]


class ProtocolError(Exception):
    """The server answered with a status other than 0."""

    def __init__(self, code, status):
        super().__init__(f"command {code} was answered with status {status}")
        self.code = code
        self.status = status


class ConnectionLost(Exception):
    """The stream ended or broke before a whole reply had arrived."""


def xxh3(data):
    return _xxhash.XXH3_64bits(bytes(data), len(data))


def xxh32(data):
    return _xxhash.XXH32(bytes(data), len(data), 0)


def frame(code, payload=b""):
    """A whole request: the length counts the code and the payload."""
    return struct.pack("<II", 4 + len(payload), code) + payload


def identifier(value):
    """A number, or a name as text or bytes."""
    if isinstance(value, int):
        return struct.pack("<BBI", 1, 4, value)
    return b"\x02" + name(value)


def name(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<B", len(data)) + data


def consumer(value, kind=1):
    return struct.pack("<B", kind) + identifier(value)


def optional_partition(partition):
    return struct.pack("<BI", 0, 0) if partition is None else struct.pack("<BI", 1, partition)


def balanced():
    return b"\x01\x00"


def to_partition(partition):
    return struct.pack("<BBI", 2, 4, partition)


def by_key(key):
    return struct.pack("<BB", 3, len(key)) + key


@dataclasses.dataclass
class Message:
    """A message as it is sent (the server's fields are 0) or as it was polled."""

    payload: bytes
    id: int = 0
    user_headers: bytes = b""
    origin_timestamp: int = 0
    checksum: int = 0
    offset: int = 0
    timestamp: int = 0
    reserved: int = 0
    checksum_is_valid: bool = True

    def encode(self):
        header = struct.pack(
            "<Q16sQQQIIQ", self.checksum, self.id.to_bytes(16, "little"), self.offset,
            self.timestamp, self.origin_timestamp, len(self.user_headers), len(self.payload),
            self.reserved)
        return header + self.payload + self.user_headers


def send_payload(stream, topic, partitioning, messages):
    """The payload of command 101; `messages` are `Message`s or encoded messages."""
    encoded = [m if isinstance(m, bytes) else m.encode() for m in messages]
    metadata = (identifier(stream) + identifier(topic) + partitioning +
                struct.pack("<I", len(encoded)))
    index = bytearray()
    end = 0
    for message in encoded:
        end += len(message)
        index += struct.pack("<IIQ", 0, end, 0)
    return struct.pack("<I", len(metadata)) + metadata + bytes(index) + b"".join(encoded)


@dataclasses.dataclass
class Polled:
    partition: int
    current_offset: int
    messages: list


def parse_polled(payload):
    """A poll reply. Raises ValueError where the bytes are not what their lengths announce."""
    partition, current_offset, count = struct.unpack_from("<IQI", payload)
    position = 16
    messages = []
    while position < len(payload):
        if len(payload) - position < MESSAGE_HEADER_BYTES:
            raise ValueError(f"{len(payload) - position} bytes behind the last whole message")
        (checksum, identity, offset, timestamp, origin, headers_length, payload_length,
         reserved) = struct.unpack_from("<Q16sQQQIIQ", payload, position)
        body = position + MESSAGE_HEADER_BYTES
        end = body + payload_length + headers_length
        if end > len(payload):
            raise ValueError(f"message at byte {position} runs beyond the reply")
        messages.append(Message(
            payload=payload[body:body + payload_length], id=int.from_bytes(identity, "little"),
            user_headers=payload[body + payload_length:end], origin_timestamp=origin,
            checksum=checksum, offset=offset, timestamp=timestamp, reserved=reserved,
            checksum_is_valid=xxh3(payload[position + 8:end]) == checksum))
        position = end
    if count != len(messages):
        raise ValueError(f"{count} messages announced, {len(messages)} found")
    return Polled(partition, current_offset, messages)


class Reader:
    """Cuts fields from a reply."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def take(self, layout):
        value, = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return value

    def text(self, layout="B"):
        length = self.take(layout)
        self.position += length
        return self.data[self.position - length:self.position].decode()

    @property
    def at_end(self):
        return self.position >= len(self.data)


def read_stream(reader):
    return {"id": reader.take("I"), "created_at": reader.take("Q"),
            "topics_count": reader.take("I"), "size_bytes": reader.take("Q"),
            "messages_count": reader.take("Q"), "name": reader.text()}


def read_topic(reader):
    return {"id": reader.take("I"), "created_at": reader.take("Q"),
            "partitions_count": reader.take("I"), "message_expiry": reader.take("Q"),
            "compression_algorithm": reader.take("B"), "max_topic_size": reader.take("Q"),
            "replication_factor": reader.take("B"), "size_bytes": reader.take("Q"),
            "messages_count": reader.take("Q"), "name": reader.text()}


def read_partition(reader):
    return {"id": reader.take("I"), "created_at": reader.take("Q"),
            "segments_count": reader.take("I"), "current_offset": reader.take("Q"),
            "size_bytes": reader.take("Q"), "messages_count": reader.take("Q")}


def read_all(payload, read):
    reader = Reader(payload)
    found = []
    while not reader.at_end:
        found.append(read(reader))
    return found


class Client:
    """One connection. Each call sends one request and waits for its reply."""

    def __init__(self, address, timeout=30.0, login=True):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        if login:
            try:
                self.login()
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def receive_exactly(self, size):
        while len(self.received) < size:
            try:
                data = self.socket.recv(max(65536, size - len(self.received)))
            except TimeoutError:
                raise
            except OSError as error:
                raise ConnectionLost(str(error)) from error
            if not data:
                raise ConnectionLost(f"end of stream with {len(self.received)} bytes of {size}")
            self.received += data
        data = bytes(memoryview(self.received)[:size])
        del self.received[:size]
        return data

    def receive_reply(self):
        """(status, payload) of the next reply frame."""
        status, length = struct.unpack("<II", self.receive_exactly(8))
        return status, self.receive_exactly(length)

    def request(self, code, payload=b""):
        """(status, payload)."""
        self.send_bytes(frame(code, payload))
        return self.receive_reply()

    def call(self, code, payload=b""):
        """The payload of a successful reply; any other status is a ProtocolError."""
        status, reply = self.request(code, payload)
        if status != 0:
            raise ProtocolError(code, status)
        return reply

    def is_closed_by_peer(self, timeout):
        """True if the stream ends within `timeout` seconds without another byte."""
        self.socket.settimeout(timeout)
        try:
            return not self.received and self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    # The commands.

    def ping(self):
        self.call(PING)

    def login(self, user="iggy", password="iggy"):
        reply = self.call(LOGIN, name(user) + name(password) + struct.pack("<II", 0, 0))
        return struct.unpack("<I", reply)[0]

    def create_stream(self, stream):
        return read_stream(Reader(self.call(CREATE_STREAM, name(stream))))

    def streams(self):
        return read_all(self.call(GET_STREAMS), read_stream)

    def create_topic(self, stream, topic, partitions, expiry=0, max_size=0):
        reply = self.call(CREATE_TOPIC, identifier(stream) + struct.pack(
            "<IBQQB", partitions, 1, expiry, max_size, 0) + name(topic))
        return read_topic(Reader(reply))

    def topics(self, stream):
        return read_all(self.call(GET_TOPICS, identifier(stream)), read_topic)

    def topic(self, stream, topic):
        """The topic with its partitions; None if it is missing."""
        reply = self.call(GET_TOPIC, identifier(stream) + identifier(topic))
        if not reply:
            return None
        reader = Reader(reply)
        found = read_topic(reader)
        found["partitions"] = []
        while not reader.at_end:
            found["partitions"].append(read_partition(reader))
        return found

    def create_partitions(self, stream, topic, count):
        self.call(CREATE_PARTITIONS, identifier(stream) + identifier(topic) +
                  struct.pack("<I", count))

    def send(self, stream, topic, partitioning, messages):
        self.call(SEND, send_payload(stream, topic, partitioning, messages))

    def poll(self, stream, topic, partition, kind=BY_OFFSET, value=0, count=1000, who=1,
             auto_commit=False):
        return parse_polled(self.call(POLL, consumer(who) + identifier(stream) + identifier(topic) +
                                      optional_partition(partition) +
                                      struct.pack("<BQIB", kind, value, count, auto_commit)))

    def store_offset(self, stream, topic, partition, offset, who=1):
        self.call(STORE_OFFSET, consumer(who) + identifier(stream) + identifier(topic) +
                  optional_partition(partition) + struct.pack("<Q", offset))

    def stored_offset(self, stream, topic, partition, who=1):
        """None if nothing is stored."""
        reply = self.call(GET_OFFSET, consumer(who) + identifier(stream) + identifier(topic) +
                          optional_partition(partition))
        return struct.unpack("<IQQ", reply)[2] if reply else None

    def flush(self, stream, topic, partition, fsync=True):
        self.call(FLUSH, identifier(stream) + identifier(topic) +
                  struct.pack("<IB", partition, fsync))
