#!/usr/bin/env python3
"""Writes fuzz/corpus/wire from the published vectors: small inputs from which fuzzing starts."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests" / "data" / "vectors"
CORPUS = ROOT / "fuzz" / "corpus" / "wire"
FILES = ("frames", "session", "system", "streams", "topics", "offsets", "messages", "reject",
         "exchanges")
SIZE_MAX = 512

written = set()


def decoders():
    """The numbers that wire_fuzz gives its decoders: {code: number}, and those behind them."""
    wire = ROOT / "src" / "wire"
    listed = re.search(r"std::tuple<([^;]*)>;", (wire / "commands.hpp").read_text()).group(1)
    names = [name.strip() for name in listed.split(",")]
    codes = {}
    for header in wire.glob("*.hpp"):
        for name, code in re.findall(r"struct (\w+) \{\s*static constexpr std::uint32_t code = (\d+)",
                                     header.read_text()):
            codes[name] = int(code)
    rest = dict(zip(("frame", "send", "user_headers", "polled", "header_text"),
                    range(2 * len(names), 2 * len(names) + 5)))
    return {codes[name]: 2 * i for i, name in enumerate(names)}, rest


def write(name, decoder, data):
    """Writes an input, unless there is the same already."""
    content = bytes([decoder]) + data
    if len(data) <= SIZE_MAX and content not in written:
        written.add(content)
        (CORPUS / name).write_bytes(content)


def main():
    by_code, rest = decoders()
    CORPUS.mkdir(parents=True, exist_ok=True)
    for old in CORPUS.iterdir():
        old.unlink()
    for file in FILES:
        for vector in json.loads((VECTORS / f"{file}.json").read_text()):
            data, code = bytes.fromhex(vector["hex"]), vector["code"]
            name = f"{file}_{vector['name']}"
            if vector["direction"] == "response":
                if code == 100:
                    write(name, rest["polled"], data[8:])
                elif code in by_code:
                    write(name, by_code[code] + 1, data[8:])
            elif code == 101:
                write(name, rest["send"], data[8:])
            elif code in by_code:
                write(name, by_code[code], data[8:])
            if file == "frames":
                write(f"{name}_frame", rest["frame"], data)
    for file in ("primitives", "reject_client"):
        for vector in json.loads((VECTORS / f"{file}.json").read_text()):
            if "user_header" in vector["name"]:
                write(f"{file}_{vector['name']}", rest["user_headers"], bytes.fromhex(vector["hex"]))
    for kind, text in ((1, "raw"), (2, "text"), (3, "true"), (4, "-128"), (8, "-1" + "0" * 38),
                       (13, "340282366920938463463374607431768211455"), (14, "1.5"),
                       (15, "-2.5e-300"), (15, "inf")):
        write(f"header_text_{kind}_{text[:8]}", rest["header_text"], bytes([kind]) + text.encode())


if __name__ == "__main__":
    main()
