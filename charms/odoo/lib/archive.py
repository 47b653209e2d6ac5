#!/usr/bin/env python3
"""Databases of Odoo as zip files, as Odoo itself writes them; everything in one is taken for hostile.

save [DATABASE]    standard input: the manifest as one line of JSON, then dump.sql -> standard output: the zip, with the files
                   of the database in /data/filestore
check ZIP FREE     refuses what is no such zip; prints what is in it as JSON
filestore ZIP UID  its files to /data/.myc-load/filestore, for that account
sql ZIP KEY        its dump.sql on standard output, under psql's \\restrict with KEY when that is not "-"
"""
import json
import os
import re
import shutil
import stat
import sys
import time
import zipfile

FILE = re.compile(r"^filestore/((?:checklist/)?[0-9a-f]{2}/[0-9a-f]{40})$")
RESTRICT = re.compile(rb"^\\(un)?restrict [A-Za-z0-9]{1,128}\s*$")
COPY = re.compile(rb"^COPY .* FROM stdin;\s*$")


def add_file(out, path, name):
    """Adds a regular file; what is something else, or gone meanwhile, is left out."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return  # Odoo's own cleaning took it: nothing refers to it. Or it is a link, which Odoo makes none of.
    with os.fdopen(number, "rb") as file:
        is_ = os.fstat(number)
        if not stat.S_ISREG(is_.st_mode):
            return
        entry = zipfile.ZipInfo(name, max(time.localtime(is_.st_mtime)[:6], (1980, 1, 1, 0, 0, 0)))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = (is_.st_mode & 0xFFFF) << 16
        entry.file_size = is_.st_size
        with out.open(entry, "w") as target:
            shutil.copyfileobj(file, target, 1 << 20)


def save(database=None):
    manifest = sys.stdin.buffer.readline()
    out = zipfile.ZipFile(sys.stdout.buffer, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
    with out.open("dump.sql", "w", force_zip64=True) as entry:
        shutil.copyfileobj(sys.stdin.buffer, entry, 1 << 20)
    out.writestr("manifest.json", json.dumps(json.loads(manifest), indent=4))
    if database:
        store = os.path.join("/data/filestore", database)
        # A walk follows no link but its first folder.
        for folder, folders, files in () if os.path.islink(store) else os.walk(store):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                add_file(out, path, os.path.join("filestore", os.path.relpath(path, store)))
    out.close()
    sys.stdout.buffer.flush()


def refuse(why):
    sys.exit("error: this is no zip of an Odoo database: " + why)


def opened(path):
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        refuse(str(error))


def check(path, free):
    archive = opened(path)
    seen, files, size = set(), 0, 0
    for entry in archive.infolist():
        name = entry.filename
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if "\\" in name or "\0" in name or name.startswith("/") or ".." in name.split("/") or re.match("^[A-Za-z]:", name):
            refuse("the name %r leads out of it" % name[:200])
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            refuse("%r is no file" % name[:200])
        if entry.flag_bits & 1:
            refuse("%r is encrypted" % name[:200])
        if name in seen:
            refuse("%r is there twice" % name[:200])
        seen.add(name)
        if name.startswith("filestore/") and not name.endswith("/"):
            if not FILE.match(name):
                refuse("%r is no name that Odoo gives a file" % name[:200])
            files += 1
            size += entry.file_size
        if name == "dump.sql":
            size += entry.file_size
            if entry.file_size == 0:
                refuse("its dump.sql is empty")
    if "dump.sql" not in seen:
        refuse("it has no dump.sql")
    # The database takes about what its dump does, and its indexes as much again.
    if size * 2 > int(free):
        sys.exit("error: there is no room for it: it takes about %d MB, %d MB are free" % (size * 2 >> 20, int(free) >> 20))
    try:
        broken = archive.testzip()
    except Exception as error:
        refuse(str(error))
    if broken:
        refuse("%r is damaged" % broken[:200])
    print(json.dumps({"files": files, "bytes": size}))


def filestore(path, uid):
    archive = opened(path)
    os.umask(0o022)
    stage = "/data/.myc-load/filestore"
    os.makedirs(stage)
    for entry in archive.infolist():
        found = FILE.match(entry.filename)
        if not found:
            continue
        target = os.path.join(stage, found.group(1))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(entry) as source, open(target, "xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    for folder, _, files in os.walk(stage):
        for name in [folder] + [os.path.join(folder, file) for file in files]:
            os.chown(name, int(uid), -1, follow_symlinks=False)


def sql(path, key):
    out = sys.stdout.buffer
    if key != "-":
        out.write(b"\\restrict %s\n" % key.encode())
    copying = False
    with opened(path).open("dump.sql") as lines:
        for line in lines:
            if copying:
                copying = line.rstrip(b"\r\n") != b"\\."
            elif RESTRICT.match(line):
                continue  # Its own, which an older psql does not know.
            elif COPY.match(line):
                copying = True
            out.write(line)
    out.flush()


{"save": save, "check": check, "filestore": filestore, "sql": sql}[sys.argv[1]](*sys.argv[2:])
