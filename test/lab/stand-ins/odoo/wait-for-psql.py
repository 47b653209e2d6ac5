#!/usr/bin/env python3
import argparse
import sys
import time

import psycopg2

parser = argparse.ArgumentParser()
for name in ("host", "port", "user", "password"):
    parser.add_argument(f"--db_{name}", required=True)
parser.add_argument("--timeout", type=int, default=5)
asked = parser.parse_args()
end = time.time() + asked.timeout
while True:
    try:
        psycopg2.connect(
            host=asked.db_host, port=asked.db_port, user=asked.db_user, password=asked.db_password, dbname="postgres"
        ).close()
        break
    except psycopg2.OperationalError as error:
        if time.time() > end:
            print(f"Database connection failure: {error}", file=sys.stderr)
            sys.exit(1)
        time.sleep(1)
