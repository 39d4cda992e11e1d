"""A client of Python httpx: sends each file to the address and compares what comes back. Arguments: address, CA file, files."""
import hashlib
import json
import sys

import httpx

address, ca, *files = sys.argv[1:]
import ssl

with httpx.Client(verify=ssl.create_default_context(cafile=ca), timeout=60, trust_env=False) as client:
    for file in files:
        with open(file, "rb") as source:
            body = source.read()
        pieces = lambda: (body[i : i + 50_000] for i in range(0, len(body), 50_000))
        for framing, content in (("length", body), ("chunked", pieces())):
            digest = hashlib.sha256()
            name = f"{file.rsplit('/', 1)[-1]}-{framing}"
            with client.stream("POST", f"{address}/echo/{name}", content=content) as answer:
                for piece in answer.iter_raw():
                    digest.update(piece)
            print(json.dumps({"name": name, "status": answer.status_code, "sha256": digest.hexdigest()}))
    with client.stream("GET", f"{address}/gzip") as answer:
        digest = hashlib.sha256()
        for piece in answer.iter_raw():
            digest.update(piece)
    print(json.dumps({"name": "gzip", "status": answer.status_code, "sha256": digest.hexdigest()}))
