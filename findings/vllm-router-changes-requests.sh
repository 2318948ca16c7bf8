#!/usr/bin/env bash
# Software: vllm-router 0.1.17 (PyPI).
#
# Behaviour: on its way through the router, a request to /v1/messages loses all headers but its content type: the key in
# Authorization or X-Api-Key, X-Request-Id and anthropic-version. Of /v1/chat/completions, all of them stay. What the
# router sends to /v1/chat/completions/render, to learn the tokens of the prompt, is not what it sends to /v1/chat/completions:
# there, min_p 0.1 has become 0.10000000149011612.
#
# Expected instead: the same headers for all dialects, and one request in both places.
#
# Why it matters: a server that needs keys answers 401 to every Anthropic client behind this router. A server that keys anything
# by the exact request, such as a cache of rendered prompts, never finds in the second request what it kept of the first.
set -euo pipefail

work=$(mktemp -d)
trap 'kill "${router:-}" "${worker:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check vllm-router==0.1.17

cat >worker.py <<'PY'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHOWN = ("authorization", "x-api-key", "x-request-id", "anthropic-version")


class Worker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = {"token_ids": [1, 2, 3], "object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "o"}]}
        if self.command == "POST":
            kept = [name for name in SHOWN if name in self.headers]
            with open("seen.log", "a") as log:
                log.write(f"{self.path}: min_p {json.loads(body).get('min_p')}, headers {', '.join(kept) or 'none'}\n")
        text = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer


server = ThreadingHTTPServer(("127.0.0.1", 0), Worker)
with open("port.txt", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PY
venv/bin/python worker.py &
worker=$!
until [ -s port.txt ]; do sleep 0.1; done
free() { venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free)
url=http://127.0.0.1:$(cat port.txt)
venv/bin/vllm-router --worker-urls "$url" "$url/" --policy cache_aware --host 127.0.0.1 --port "$port" \
  --prometheus-port "$(free)" >router.log 2>&1 &
router=$!
until curl -sf -o /dev/null "http://127.0.0.1:$port/health"; do sleep 0.2; done

send() {
  curl -s -o /dev/null "http://127.0.0.1:$port$1" -H 'content-type: application/json' -H 'authorization: Bearer k' \
    -H 'x-api-key: k' -H 'x-request-id: id-1' -H 'anthropic-version: 2023-06-01' \
    -d '{"model":"m","max_tokens":5,"min_p":0.1,"messages":[{"role":"user","content":"hello"}]}'
}
send /v1/chat/completions
send /v1/messages
LC_ALL=C sort -u seen.log | tee seen.txt

diff -u - seen.txt <<'TXT'
/v1/chat/completions/render: min_p 0.10000000149011612, headers authorization
/v1/chat/completions: min_p 0.1, headers authorization, x-api-key, x-request-id, anthropic-version
/v1/messages: min_p 0.1, headers none
TXT
echo 'as recorded'
