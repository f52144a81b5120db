#!/usr/bin/env python3
"""Adds files of Nexmark events to a folder, as a busy site would: demo/feeder.py --out FOLDER [--rate EVENTS_PER_SECOND].

The events of demo/data/ are sent over and over, their times moved so that they are "now" (with --rate 500, the data's own
rate, event time runs as fast as the clock). A file appears whole: it is written under a hidden name and renamed.
Ends on SIGTERM or SIGINT between two files, or after --events.
"""
import argparse
import datetime
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data" / "nexmark-10k.jsonl.zst"
SPACING = datetime.timedelta(milliseconds=2)  # between two events of the data
TIME = re.compile(r'"(dateTime|expires)":"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)"')


def read_events():
    text = subprocess.run(["zstd", "-dcq", DATA], stdout=subprocess.PIPE, check=True).stdout.decode()
    return text.splitlines()


def event_time(line):
    return parse(TIME.search(line).group(2))


def parse(text):
    """Flink writes a fraction without its trailing zeros, and none if it is zero."""
    seconds, _, fraction = text.partition(".")
    return datetime.datetime.fromisoformat(f"{seconds}.{fraction:0<6}")


def moved(line, by):
    """The event with all its times moved."""

    def move(match):
        at = parse(match.group(2)) + by
        return f'"{match.group(1)}":"{at.isoformat(" ", "milliseconds")}"'

    return TIME.sub(move, line)


def file_name(number):
    return f"events-{number:06d}.jsonl"


def write_file(folder, number, lines):
    hidden = folder / ("." + file_name(number))
    hidden.write_text("".join(line + "\n" for line in lines))
    hidden.rename(folder / file_name(number))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to add files to; made if missing")
    parser.add_argument("--rate", type=float, default=500, help="events per second (default 500)")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two files (default 0.5)")
    parser.add_argument("--history", type=float, default=30, help="seconds of events that the first file holds (default 30)")
    parser.add_argument("--keep", type=int, default=1200, help="newest files to keep, so that a disk never fills (default 1200)")
    parser.add_argument("--events", type=int, default=0, help="end after so many events (default: never)")
    options = parser.parse_args()

    stopping = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.append(True))
    events = read_events()
    first = event_time(events[0])
    history = int(options.history / SPACING.total_seconds())
    start = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - history * SPACING
    options.out.mkdir(parents=True, exist_ok=True)

    sent, file_number, begin = 0, 0, time.monotonic()
    while not stopping and not (options.events and sent >= options.events):
        due = history + int((time.monotonic() - begin) * options.rate)
        if options.events:
            due = min(due, options.events)
        lines = []
        for index in range(sent, due):
            lap, position = divmod(index, len(events))
            lines.append(moved(events[position], start - first + lap * len(events) * SPACING))
        if lines:
            write_file(options.out, file_number, lines)
            (options.out / file_name(file_number - options.keep)).unlink(missing_ok=True)
            file_number += 1
            sent = due
        time.sleep(options.every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
