"""The states that `myc-wf start deploy` ensures, for pyinfra: read from the file that STATE_FILE names (desired-state.ts)."""

import io
import json
import os

from pyinfra.operations import apt, files, systemd

with open(os.environ["STATE_FILE"]) as handle:
    state = json.load(handle)

for item in state["files"]:
    content = io.BytesIO(item["content"].encode())
    if item.get("initial"):
        # pyinfra has no "only while absent": the content is the one that is there.
        files.file(name=item["path"], path=item["path"], mode=item["mode"][1:])
    else:
        files.put(name=item["path"], src=content, dest=item["path"], mode=item["mode"][1:])

for item in state["lines"]:
    files.line(name=item["path"], path=item["path"], line=item["line"])

for item in state["settings"]:
    content = io.BytesIO((json.dumps(item["values"], separators=(",", ":"), ensure_ascii=False) + "\n").encode())
    files.put(name=item["path"], src=content, dest=item["path"], mode=item["mode"][1:])

apt.packages(name="packages", packages=state["packages"], no_recommends=True)
systemd.service(name="docker", service="docker", running=True, enabled=True)
