#!/usr/bin/env python3
"""The files of Odoo's databases, in a container that sees the service's data alone, as /data. Odoo owns all of it and may be
hostile: links and names that it plants there lead nowhere but into this container.

names              prints the names of the staged files
swap DATABASE      the staged files take the place of the database's; run again, it ends the same
clean              removes the stage, and what earlier versions of the charm left
"""
import os
import re
import shutil
import sys

DATA = "/data"
STAGE = os.path.join(DATA, ".myc-load")
STAGED = os.path.join(STAGE, "filestore")
DATABASE = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}\Z")


def is_folder(path):
    return os.path.isdir(path) and not os.path.islink(path)


def remove(path):
    if is_folder(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def names():
    out = sys.stdout.buffer
    for folder, _, files in os.walk(os.fsencode(STAGED)):
        for name in files:
            out.write(os.path.relpath(os.path.join(folder, name), os.fsencode(STAGED)) + b"\n")
    out.flush()


def swap(database):
    if not DATABASE.match(database):
        sys.exit("error: this is no name of a database")
    if not is_folder(STAGED):
        return
    store = os.path.join(DATA, "filestore")
    if not is_folder(store):
        remove(store)
        os.mkdir(store, 0o755)
        os.chown(store, os.stat(DATA).st_uid, -1)
    place, old = os.path.join(store, database), os.path.join(STAGE, "old")
    if os.path.lexists(place):
        remove(old)
        os.rename(place, old)
    os.rename(STAGED, place)


def clean():
    for name in (".myc-load", ".myc-load.zip", ".myc-held"):
        remove(os.path.join(DATA, name))


{"names": names, "swap": swap, "clean": clean}[sys.argv[1]](*sys.argv[2:])
