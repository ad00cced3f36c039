"""Runs the cases, some at once, and says of each whether it held."""

import argparse
import concurrent.futures
import sys
import time
import traceback

import doors
import promises
import terminals
import venues
from bench import Failed

CASES = [
    doors.door, doors.words, doors.files, terminals.stored, terminals.configured, terminals.said, venues.numbers,
    venues.page, venues.pings, promises.promises,
]  # fmt: skip


def run(case):
    began = time.monotonic()
    try:
        case()
        problem = None
    except Failed as failure:
        problem = str(failure)
    except Exception:
        problem = traceback.format_exc()
    return case, problem, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.__name__]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, problem, took in pool.map(run, cases):
            failed += problem is not None
            print(f"{'FAILED' if problem else 'ok    '} {case.__name__} ({took:.1f} s): {case.__doc__}", flush=True)
            if problem:
                print("    " + problem[:4000].replace("\n", "\n    "), flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not cases else 0)


main()
