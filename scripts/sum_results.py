#!/usr/bin/env python3
"""Adds up the results that ctest wrote and ends with one line: N passed, N failed."""

import argparse
import sys
import xml.etree.ElementTree


def is_skipped(case):
    """True if the test skipped itself or is disabled; one that could not be started is not."""
    reason = case.find("skipped")
    return case.get("status") == "disabled" or (
        case.get("status") == "notrun" and reason is not None
        and reason.get("message", "").startswith("SKIP_"))


def count(path):
    """(passed, failed, skipped, names of failed) of one results file; a missing one has failed."""
    try:
        cases = list(xml.etree.ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 1, 0, [path]
    skipped = sum(is_skipped(case) for case in cases)
    failed = [case.get("name") for case in cases
              if case.get("status") != "run" and not is_skipped(case)]
    return len(cases) - len(failed) - skipped, len(failed), skipped, failed


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failures", type=int, default=0, help="failures counted elsewhere")
    parser.add_argument("results", nargs="*")
    options = parser.parse_args(arguments)

    passed, failed, skipped = 0, options.failures, 0
    for path in options.results:
        one = count(path)
        passed, failed, skipped = passed + one[0], failed + one[1], skipped + one[2]
        for name in one[3]:
            print(f"failed: {name} ({path})")
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
