"""Holds iggy-server against what the machine can do, row by row.

Each row runs iggy-server and its yardstick in turn, on fresh data, and prints both with the ratios
of the budget. The default rows take a few minutes; --full adds the long ones and more pairs.
docs/performance.md tells how to read the table.
"""

import argparse
import json
import pathlib
import statistics
import sys

import memory
import rows
import smoke
from servers import ROOT, Bench, Failed, build

COLUMNS = (("MB/s", "mb_per_s", ".4g"), ("req/s", "requests_per_s", ".0f"),
           ("p50 us", "p50_us", ".0f"), ("p99 us", "p99_us", ".0f"), ("p999 us", "p999_us", ".0f"),
           ("CPU s/GB", "cpu_s_per_gb", ".3f"), ("CPU us/req", "cpu_us_per_request", ".2f"),
           ("RSS MB", "rss_mb", ".1f"), ("srv CPU", "server_share", ".2f"),
           ("drv CPU", "driver_share", ".2f"), ("others", "others_share", ".2f"),
           ("read MB", "read_mb", ".0f"))


# CPUs that neither server nor driver kept busy: above this a row is not to be believed.
OTHERS_MAX = 0.5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all rows, 5 pairs")
    parser.add_argument("--only", action="append", metavar="ROW", help="this row; may be repeated")
    parser.add_argument("--pairs", type=int, help="runs of each server in a row (default 2)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all figures")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--backend", choices=("io_uring", "epoll"), help="of iggy-server")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "build" / "benchmark-data",
                        help="where the servers' files go; they are removed again")
    parser.add_argument("--bin", type=pathlib.Path,
                        help="directory of the programs; left out, build/release is brought up to date")
    parser.add_argument("--smoke", action="store_true", help="only try that everything works")
    return parser.parse_args()


def chosen(names, full):
    """The rows about load, and the names of those about memory."""
    found = rows.all_rows()
    if not names:
        return [row for row in found if full or row.is_default], list(memory.ROWS) if full else []
    unknown = set(names) - {row.name for row in found} - set(memory.ROWS)
    if unknown:
        raise Failed(f"no such row: {', '.join(sorted(unknown))}")
    return [row for row in found if row.name in names], [n for n in memory.ROWS if n in names]


def print_list():
    for row in rows.all_rows():
        print(f"{row.name:20} {row.title}{'' if row.is_default else ' (--full)'}")
    for name, measure in memory.ROWS.items():
        print(f"{name:20} {measure.__doc__.splitlines()[0]} (--full)")


def print_checks(checks):
    for one in checks:
        sign = ">=" if one["is_floor"] else "<="
        print(f"  {'ok  ' if one['ok'] else 'OVER'} {one['text']}: {one['value']:.3g}"
              f" ({sign} {one['bound']:g})", flush=True)


def median_figures(figures):
    return {key: statistics.median(one[key] for one in figures) for key in figures[0]}


def print_row(row, pairs, checks):
    print(f"\n{row.name}: {row.title}")
    print("  " + " " * 9 + "".join(f"{title:>11}" for title, _, _ in COLUMNS))
    for side, figures in ((row.ours, [p[0] for p in pairs]), (row.other, [p[1] for p in pairs])):
        median = median_figures(figures)
        cells = (format(median[key], layout) if key in median else "" for _, key, layout in COLUMNS)
        print(f"  {side.name():9}" + "".join(f"{cell:>11}" for cell in cells))
    print_checks(checks)
    if is_disturbed(pairs):
        print("  ?    others kept the machine busy: don't believe this row", flush=True)


def is_disturbed(pairs):
    shares = [figures.get("others_share", 0) for pair in pairs for figures in pair]
    return statistics.median(shares) > OTHERS_MAX


def run_rows(bench, names, full, pairs):
    """All results, as they go into the JSON file."""
    load_rows, memory_rows = chosen(names, full)
    results = []
    for row in load_rows:
        found = rows.measure_row(bench, row, pairs)
        checks = [budget.check(found) for budget in row.budgets]
        print_row(row, found, checks)
        results.append({"name": row.name, "title": row.title, "checks": checks,
                        "is_disturbed": is_disturbed(found),
                        "pairs": [{row.ours.name(): a, row.other.name(): b} for a, b in found]})
    for name in memory_rows:
        print(f"\n{name}: {memory.ROWS[name].__doc__.splitlines()[0]}")
        checks = memory.ROWS[name](bench)
        print_checks(checks)
        results.append({"name": name, "checks": checks})
    return results


def print_summary(results):
    over = [f"{row['name']}: {one['text']}" for row in results for one in row["checks"]
            if not one["ok"]]
    count = sum(len(row["checks"]) for row in results)
    print(f"\n{count - len(over)} of {count} budgets hold")
    for text in over:
        print(f"  OVER {text}")
    disturbed = [row["name"] for row in results if row.get("is_disturbed")]
    if disturbed:
        print(f"  ?    measured on a busy machine: {', '.join(disturbed)}")


def main():
    wanted = arguments()
    if wanted.list:
        return print_list()
    programs = wanted.bin
    if programs is None:
        build(ROOT / "build" / "release")
        programs = ROOT / "build" / "release" / "bin"
    bench = Bench(programs, wanted.data, wanted.backend)
    if wanted.smoke:
        return smoke.run(bench)
    pairs = wanted.pairs or (5 if wanted.full else 2)
    results = run_rows(bench, wanted.only, wanted.full, pairs)
    print_summary(results)
    if wanted.json:
        wanted.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"run.py: {failure}")
