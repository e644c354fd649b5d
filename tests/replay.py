"""Replays recorded exchanges against a server, as far as it knows the commands in them."""

import collections
import gzip
import json
import pathlib
import struct
import time
import uuid

import iggy_protocol as protocol

DATA = pathlib.Path(__file__).resolve().parent / "data"
REPLY_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 10.0

# Commands that the server doesn't have yet: they are not sent. Whatever in a recording rests on
# what they would have changed is left out too; `Plan` says how.
MISSING_COMMANDS = {
    11: "snapshot", 21: "client.get", 22: "client.list",
    31: "users", 32: "users", 33: "users", 34: "users", 35: "users", 36: "users", 37: "users",
    41: "tokens", 42: "tokens", 43: "tokens", 44: "tokens",
    503: "segments",
    600: "groups", 601: "groups", 602: "groups", 603: "groups", 604: "groups", 605: "groups",
}
# What leaves no trace that another session could see.
WITHOUT_TRACE = {1, 10, 12, 20, 39, 100, 102, 120, 200, 201, 300, 301}


def load_recording(name):
    """A recording of tests/data/conformance."""
    with gzip.open(DATA / "conformance" / f"{name}.json.gz", "rt") as file:
        return json.load(file)


def recording_names():
    return sorted(path.name.removesuffix(".json.gz")
                  for path in (DATA / "conformance").glob("*.json.gz"))


def load_vectors(name):
    return json.loads((DATA / "vectors" / f"{name}.json").read_text())


def as_recording(vectors):
    """The session of exchanges.json in the form of a recording."""
    exchanges = []
    for order, vector in enumerate(vectors, 1):
        exchanges.append({
            "order": order, "connection": vector["connection"], "code": vector["code"],
            "name": vector["name"], "status": vector["status"], "request": vector["hex"],
            "response": vector["expected_response_hex"],
            "volatile": [[part["offset"], part["offset"] + part["size"], part["name"]]
                         for part in vector["volatile"]],
            "closes": vector["connection_after"] == "closed"})
    return {"name": "exchanges", "start": {"fresh": True, "env": {}}, "exchanges": exchanges}


def read_name(payload, position=0):
    length = payload[position]
    return payload[position + 1:position + 1 + length]


class Plan:
    """Decides for each exchange whether it can be replayed, from what was left out before it."""

    def __init__(self, missing, has_small_segments=False):
        self.missing = missing
        self.has_small_segments = has_small_segments  # else none is ever sealed
        self.users = set()       # names that exist in the recording, but not here
        self.foreign = set()     # connections that are somebody else here than in the recording
        self.members = set()     # connections that joined a group in the recording
        self.has_groups = False
        self.stopped = None      # why nothing behind this point can be compared

    def reason_to_skip(self, exchange):
        """Why `exchange` is not replayed; None if it is."""
        if self.stopped:
            return "behind the stop: " + self.stopped
        code = exchange["code"]
        payload = bytes.fromhex(exchange["request"])[8:]
        succeeded = exchange["status"] == 0
        reason = None
        if code in self.missing:
            self._note_missing(exchange, payload, succeeded)
            reason = self.missing[code]
        elif code == protocol.LOGIN:
            reason = self._reason_to_skip_login(exchange, payload, succeeded)
        elif exchange["connection"] in self.foreign:
            reason = "a session of a user that does not exist here"
            if succeeded and code not in WITHOUT_TRACE:
                self._stop(exchange, "changed by a user that does not exist here")
        elif code in (100, 120, 121, 122) and payload[:1] == b"\x02" and self.has_groups:
            reason = "consumer of a group that does not exist here"
        elif code == protocol.STATS and self.has_groups:
            reason = "counts groups that do not exist here"
        elif code == protocol.ME and exchange["connection"] in self.members:
            reason = "shows membership in a group that does not exist here"
        return reason

    def _note_missing(self, exchange, payload, succeeded):
        code = exchange["code"]
        if not succeeded:
            return
        if code == 33:
            self.users.add(read_name(payload))
        elif code == 35 and not self._names_root(payload):
            if payload[2 + payload[1]] == 1:  # a new name
                self.users.add(read_name(payload, 3 + payload[1]))
        elif code in (35, 36, 37) and self._names_root(payload):
            if code == 37 or payload[6:8] != b"\x00\x00":
                self._stop(exchange, "root was changed")
        elif code == 44:
            self.foreign.add(exchange["connection"])
        elif code == 602:
            self.has_groups = True
        elif code == 604:
            self.members.add(exchange["connection"])
        elif code == 503:
            segments, = struct.unpack("<I", payload[-4:])
            if segments > 0 and self.has_small_segments:
                self._stop(exchange, "segments were deleted")

    @staticmethod
    def _names_root(payload):
        return payload[:6] in (protocol.identifier(0), protocol.identifier("iggy"))

    def _reason_to_skip_login(self, exchange, payload, succeeded):
        if payload and read_name(payload) in self.users:
            if succeeded:
                self.foreign.add(exchange["connection"])
            return "login of a user that does not exist here"
        if succeeded:
            self.foreign.discard(exchange["connection"])
        return None

    def _stop(self, exchange, why):
        self.stopped = f"{why} at {exchange['order']} ({exchange['name']})"


def plan_for(recording, missing):
    return Plan(missing, "IGGY_SYSTEM_SEGMENT_SIZE" in recording["start"]["env"])


class Outcome:
    """What was compared, what was not, and what differed."""

    def __init__(self, name):
        self.name = name
        self.total = 0
        self.compared = 0
        self.tolerated = 0
        self.skipped = collections.Counter()
        self.differences = []

    def summary(self):
        text = f"{self.name}: {self.compared + self.tolerated} of {self.total} exchanges replayed"
        if self.tolerated:
            text += f" ({self.tolerated} with another accepted status)"
        for reason, count in self.skipped.most_common():
            text += f"\n    {count} not: {reason}"
        return text


def describe_difference(expected, actual, volatile):
    """How `actual` differs from `expected` outside of the volatile ranges; None if it doesn't."""
    open_at = min((start for start, end, _ in volatile if end is None), default=None)
    if open_at is None and len(expected) != len(actual):
        return f"{len(actual)} bytes instead of {len(expected)}"
    if open_at is not None and len(actual) < open_at:
        return f"{len(actual)} bytes, fewer than {open_at}"
    ignored = bytearray(len(expected))
    for start, end, _ in volatile:
        end = len(expected) if end is None else end
        ignored[start:end] = b"\x01" * (end - start)
    if open_at is not None:
        ignored[4:8] = b"\x01" * 4
    for position in range(len(expected) if open_at is None else open_at):
        if not ignored[position] and expected[position] != actual[position]:
            end = min(position + 24, len(expected))
            return (f"byte {position}: {actual[position:end].hex(' ')} instead of "
                    f"{expected[position:end].hex(' ')}")
    return None


def describe_bad_messages(reply):
    """What is wrong with the messages of a poll reply beyond their recorded bytes."""
    for message in protocol.parse_polled(reply[8:]).messages:
        if not message.checksum_is_valid:
            return f"the checksum of the message at offset {message.offset} is wrong"
    return None


def describe_bad_ids(reply, volatile):
    """Message ids that the server made are random UUIDs (version 4)."""
    for start, end, what in volatile:
        if what.endswith(".id") and end is not None and end - start == 16:
            made = uuid.UUID(bytes=bytes(reply[start:end]))
            if made.version != 4:
                return f"the id at byte {start} is no UUID v4: {made}"
    return None


class Replayer:
    """Goes through one recording against a fresh server."""

    def __init__(self, address, recording, missing=None):
        self.address = address
        self.recording = recording
        self.plan = plan_for(recording, MISSING_COMMANDS if missing is None else missing)
        self.connections = {}
        self.replies = {}
        self.outcome = Outcome(recording["name"])

    def run(self):
        try:
            for exchange in self.recording["exchanges"]:
                if exchange.get("event") == "close":
                    self._close(exchange["connection"])
                else:
                    self._replay(exchange)
        finally:
            for client in self.connections.values():
                client.close()
        return self.outcome

    def _close(self, number):
        """Closes a connection, and waits until the server has closed its side too."""
        client = self.connections.pop(number, None)
        if client is None:
            return
        try:
            client.socket.shutdown(1)
            if not client.is_closed_by_peer(CLOSE_TIMEOUT_S):
                self._differs({"order": "-", "name": f"close of connection {number}"},
                              "the server did not end the stream")
        except OSError:
            pass  # it was closed by the server before
        client.close()
        time.sleep(0.002)  # its entry is removed beside the closing, not before it

    def _replay(self, exchange):
        self.outcome.total += 1
        number = exchange["connection"]
        if number not in self.connections:
            self.connections[number] = protocol.Client(self.address, REPLY_TIMEOUT_S, login=False)
        reason = self.plan.reason_to_skip(exchange)
        if reason is None and not all(part["from_order"] in self.replies
                                      for part in exchange.get("substitute", ())):
            reason = "needs the reply to a request that was not sent"
        if reason is not None:
            self.outcome.skipped[reason] += 1
            return
        self._exchange(exchange, self.connections[number])

    def _exchange(self, exchange, client):
        request = bytearray.fromhex(exchange["request"])
        for part in exchange.get("substitute", ()):
            start, end = part["at"]
            request[start:end] = self.replies[part["from_order"]][slice(*part["from"])]
        try:
            client.send_bytes(bytes(request))
            status, payload = client.receive_reply()
        except (protocol.ConnectionLost, TimeoutError) as error:
            self._differs(exchange, f"no reply: {error!r}")
            # The rest is still of interest.
            client.close()
            del self.connections[exchange["connection"]]
            return
        reply = struct.pack("<II", status, len(payload)) + payload
        self.replies[exchange["order"]] = reply
        self._compare(exchange, status, reply)
        if exchange.get("closes") and not client.is_closed_by_peer(CLOSE_TIMEOUT_S):
            self._differs(exchange, "the server did not close the connection")

    def _compare(self, exchange, status, reply):
        if status in exchange.get("also", ()):
            self.outcome.tolerated += 1
            return
        self.outcome.compared += 1
        if status != exchange["status"]:
            self._differs(exchange, f"status {status} instead of {exchange['status']}")
            return
        volatile = exchange.get("volatile", ())
        difference = describe_difference(bytes.fromhex(exchange["response"]), reply, volatile)
        if difference is None and exchange["code"] == protocol.POLL and status == 0:
            difference = describe_bad_messages(reply) or describe_bad_ids(reply, volatile)
        if difference is not None:
            self._differs(exchange, difference)

    def _differs(self, exchange, what):
        self.outcome.differences.append(
            f"{self.outcome.name} {exchange['order']} {exchange['name']}: {what}"
            + (f"\n    request {exchange['request'][:160]}" if "request" in exchange else ""))
