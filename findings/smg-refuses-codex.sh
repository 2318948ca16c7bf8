#!/usr/bin/env bash
# Software: smg 1.13.0 (PyPI).
#
# Behaviour: a request to /v1/responses with `client_metadata`, which Codex 0.171.0 puts into every request, is refused with 400 before
# any server sees it. The same field in /v1/chat/completions passes. In /v1/messages, fields of the API vanish on the way: the
# media_type of a document of text, the max_uses of the web search, and the ttl of cache_control.
#
# Expected instead: what a router does not know, or does not need, reaches the server as it was sent, in all dialects alike.
#
# Why it matters: Codex does not work behind this router at all. A server that requires the media type, as the API's reference does,
# refuses documents; limits that a client sets for a tool are gone without a word.
set -euo pipefail

work=$(mktemp -d)
trap 'kill "${router:-}" "${worker:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check smg==1.13.0

cat >worker.py <<'PY'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPLIES = {
    "/v1/models": {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "o"}]},
    "/v1/chat/completions": {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    "/v1/responses": {
        "id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": [],
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
    },
    "/v1/messages": {
        "id": "a", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    },
}


class Worker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if self.command == "POST":
            with open("arrived.json", "wb") as file:
                file.write(body)
        text = json.dumps(REPLIES.get(path, {"status": "ok", "model_path": "m"})).encode()
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

cat >client.py <<'PY'
import json, os, sys, time, urllib.error, urllib.request

url = sys.argv[1]


def send(path, body):
    if os.path.exists("arrived.json"):
        os.remove("arrived.json")
    headers = {"Content-Type": "application/json", "anthropic-version": "2023-06-01"}
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
    try:
        status = urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        status = error.code
    except urllib.error.URLError:
        return 0, None
    arrived = json.load(open("arrived.json")) if os.path.exists("arrived.json") else None
    return status, arrived


def lost(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from lost(value, after[key], f"{path}.{key}") if key in after else [f"{path}.{key}"]
    elif isinstance(before, list) and isinstance(after, list):
        for index, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{path}[{index}]")


chat = {"model": "m", "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]}
until = time.time() + 60
while send("/v1/chat/completions", chat)[0] != 200 and time.time() < until:
    time.sleep(0.2)

extra = {"client_metadata": {"session_id": "s"}}
for path, body in (("/v1/chat/completions", chat), ("/v1/responses", {"model": "m", "input": "hello"})):
    status, arrived = send(path, {**body, **extra})
    print(f"{path} with client_metadata: {status}, {'arrived' if arrived else 'did not arrive'}")

document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "text"}, "title": "T"}
search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
cached = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
message = {**chat, "system": [cached], "tools": [search], "messages": [{"role": "user", "content": [document]}]}
status, arrived = send("/v1/messages", message)
print(f"/v1/messages: {status}, without {', '.join(sorted(lost(message, arrived)))}")
PY

venv/bin/python worker.py &
worker=$!
until [ -s port.txt ]; do sleep 0.1; done
free() { venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free)
venv/bin/python -m smg.launch_router --worker-urls "http://127.0.0.1:$(cat port.txt)" --policy round_robin --host 127.0.0.1 \
  --port "$port" --prometheus-port "$(free)" >router.log 2>&1 &
router=$!
venv/bin/python client.py "http://127.0.0.1:$port" | tee seen.txt

diff -u - seen.txt <<'TXT'
/v1/chat/completions with client_metadata: 200, arrived
/v1/responses with client_metadata: 400, did not arrive
/v1/messages: 200, without .messages[0].content[0].source.media_type, .system[0].cache_control.ttl, .tools[0].max_uses
TXT
echo 'as recorded'
