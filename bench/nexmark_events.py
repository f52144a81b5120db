"""Makes a long Nexmark stream out of a short one: copies of it follow each other, each with its own times and ids.

Copy k is shifted by k times the length of the original in event time and in every person and auction id, so that windows
move on, no event is late, and joins meet the partners of their own copy only: a stream as the generator would go on with it.
"""
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

# In order of appearance: what a copy must change. An `id` is a person's or an auction's.
FIELD = re.compile(rb'"(?:(id|seller|bidder|auction)":(\d+)|(dateTime|expires)":"([^"]+)")')


def read_events(path):
    if str(path).endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.splitlines()
    return path.read_bytes().splitlines()


def parse_time(text):
    seconds, _, fraction = text.decode().partition(".")
    at = datetime.strptime(seconds, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 1000 + int(fraction.ljust(3, "0") or 0)


def split_line(line):
    """Fixed pieces with numbers between: [bytes, ('id'|'time', value), bytes, …]."""
    pieces, end = [], 0
    for match in FIELD.finditer(line):
        group = 2 if match[1] else 4
        pieces.append(line[end:match.start(group)])
        pieces.append(("id", int(match[2])) if match[1] else ("time", parse_time(match[4])))
        end = match.end(group)
    pieces.append(line[end:])
    return pieces


class TimeText:
    """Milliseconds since 1970 as Flink's JSON format writes a TIMESTAMP(3): trailing zeros of the fraction left out."""

    def __init__(self):
        self.seconds = {}
        self.fractions = [("." + f"{ms:03d}".rstrip("0") if ms else "").encode() for ms in range(1000)]

    def __call__(self, ms):
        second, fraction = divmod(ms, 1000)
        text = self.seconds.get(second)
        if text is None:
            text = (datetime(1970, 1, 1) + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S").encode()
            self.seconds[second] = text
        return text + self.fractions[fraction]


def write_repeated(source, target, copies):
    """Writes `copies` copies of the events in `source`; answers their number."""
    lines = [split_line(line) for line in read_events(source)]
    numbers = [[p for p in line if isinstance(p, tuple)] for line in lines]
    ids = [value for line in numbers for kind, value in line if kind == "id"]
    # The first time of a line is the event's own; `expires` comes after it.
    times = [next(value for kind, value in line if kind == "time") for line in numbers]
    length, span = max(times) - min(times) + 2, max(ids) - min(ids) + 1
    text = TimeText()
    with open(target, "wb") as out:
        for copy in range(copies):
            id_shift, time_shift = copy * span, copy * length
            for line in lines:
                out.write(b"".join(p if isinstance(p, bytes) else text(p[1] + time_shift) if p[0] == "time"
                                   else b"%d" % (p[1] + id_shift) for p in line) + b"\n")
    return len(lines) * copies


if __name__ == "__main__":
    print(write_repeated(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])), "events")
