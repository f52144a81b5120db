#!/usr/bin/env python3
"""The stock ticker of the getting-started tutorial: made-up prices into a Kinesis stream, one PutRecord after the other.

    demo/stock.py [--stream ExampleInputStream] [--pause SECONDS] [--records N]

Credentials, region and endpoint come from the environment, as for any AWS client. Ends on Ctrl-C or SIGTERM.
"""
import argparse
import datetime
import json
import random
import signal
import sys
import time

import boto3

TICKERS = ["AAPL", "AMZN", "MSFT", "INTC", "TBV"]


def trade():
    return {"event_time": datetime.datetime.now().isoformat(), "ticker": random.choice(TICKERS),
            "price": round(random.random() * 100, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stream", default="ExampleInputStream")
    parser.add_argument("--pause", type=float, default=0, help="seconds between two records (the tutorial: none)")
    parser.add_argument("--records", type=int, default=0, help="end after so many (default: never)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kinesis, sent = boto3.client("kinesis"), 0
    try:
        while not options.records or sent < options.records:
            text = json.dumps(trade())
            kinesis.put_record(StreamName=options.stream, Data=text, PartitionKey="partitionkey")
            print(text, flush=True)
            sent += 1
            time.sleep(options.pause)
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
