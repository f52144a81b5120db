#!/usr/bin/env python3
"""Kafka and Kinesis on this machine: one table of throughput and latency, with the aims beside.

    bench/brokers.py [--events N] [--threads N] [--rate N] [--seconds S] [--only kafka|kinesis]

How each figure is measured stands in kafka_bench.py and kinesis.py. The peers run on the same cores: figures per CPU-second
are those of the engine's process alone.
"""
import argparse
import sys

import kafka_bench
import kinesis


def table(rows):
    head = ("figure", "measured", "aim")
    widths = [max(len(row[c]) for row in [head, *rows]) for c in range(3)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in [head, *rows]]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kafka_bench.add_arguments(parser)
    kinesis.add_arguments(parser)
    parser.add_argument("--only", choices=("kafka", "kinesis"))
    options = parser.parse_args()
    if options.send:
        return kafka_bench.send_for(options.send)
    rows = []

    def add(figure, measured, aim=""):
        rows.append((figure, measured, aim))
        print(f"{figure}: {measured}", file=sys.stderr, flush=True)
    if options.only != "kinesis":
        kafka_bench.measure(options, add)
    if options.only != "kafka":
        kinesis.measure(options, add)
    print(table(rows))


if __name__ == "__main__":
    main()
