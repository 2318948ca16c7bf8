#!/usr/bin/env bash
# Software: smg 1.13.0, vllm-router 0.1.17 (PyPI).
#
# Behaviour: a server's connection breaks in the middle of a stream, as it does when its process dies. smg ends the stream in order,
# with an error: for /v1/messages, in the form of that API; for /v1/responses, in the form of a chat, with "[DONE]" and without an
# event's name. vllm-router breaks its own connection to the client, without an error, in all three.
#
# Expected instead: an error in the form of each API from both, for /v1/responses an event "error".
#
# Why it matters: a client of /v1/responses looks for the type of each event. It takes smg's end for a stream that is over, or for one
# that it cannot read. Behind vllm-router, only a client that notices a broken connection knows that its answer is cut.
set -euo pipefail

work=$(mktemp -d)
trap 'kill "${smg:-}" "${vllm:-}" "${worker:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check smg==1.13.0 vllm-router==0.1.17

cat >worker.py <<'PY'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DELTA = {"index": 0, "delta": {"role": "assistant", "content": "hi"}, "finish_reason": None}
FIRST = {
    "/v1/chat/completions": (None, {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [DELTA]}),
    "/v1/responses": ("response.created", {
        "type": "response.created", "sequence_number": 0,
        "response": {"id": "r", "object": "response", "created_at": 1, "status": "in_progress", "model": "m", "output": []},
    }),
    "/v1/messages": ("message_start", {
        "type": "message_start",
        "message": {
            "id": "a", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
            "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
        },
    }),
}


class Worker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if self.command == "POST" and path in FIRST and json.loads(body).get("stream"):
            return self.begin(*FIRST[path])
        models = {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "o"}]}
        text = json.dumps(models if path == "/v1/models" else {"status": "ok", "model_path": "m", "token_ids": [1]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def begin(self, name, data):
        """Sends the first event, and ends the connection before the end of the body."""
        event = (f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(f"{len(event):x}\r\n{event}\r\n".encode())
        self.wfile.flush()
        self.close_connection = True

    do_GET = do_POST = answer


server = ThreadingHTTPServer(("127.0.0.1", 0), Worker)
with open("port.txt", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PY
venv/bin/python worker.py &
worker=$!
until [ -s port.txt ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat port.txt)
free() { venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
smg_port=$(free)
vllm_port=$(free)
common=(--worker-urls "$url" --policy round_robin --host 127.0.0.1)
venv/bin/python -m smg.launch_router "${common[@]}" --port "$smg_port" --prometheus-port "$(free)" >smg.log 2>&1 &
smg=$!
venv/bin/python -m vllm_router.launch_router "${common[@]}" --port "$vllm_port" --prometheus-port "$(free)" >vllm.log 2>&1 &
vllm=$!

ask() {
  local limit='"max_tokens":5,"messages":[{"role":"user","content":"hello"}]'
  if [ "$2" = responses ]; then limit='"max_output_tokens":5,"input":"hello"'; fi
  curl -sN -m 20 "http://127.0.0.1:$1/v1/$2" -H 'content-type: application/json' -d "{\"model\":\"m\",\"stream\":$3,$limit}"
}
for port in "$smg_port" "$vllm_port"; do
  for ((tries = 0; tries < 300; tries++)); do
    if curl -sf -o /dev/null "http://127.0.0.1:$port/health" && ask "$port" messages true | grep -q message_start; then break; fi
    sleep 0.2
  done
done
for router in smg vllm-router; do
  port=$smg_port
  if [ "$router" = vllm-router ]; then port=$vllm_port; fi
  for api in chat/completions responses messages; do
    status=0
    ask "$port" "$api" true >stream.txt || status=$?
    end='no error'
    if grep -q '"error":' stream.txt; then end='an error'; fi
    if grep -q '^event: error' stream.txt; then end='an event "error"'; fi
    if grep -q '^data: \[DONE\]' stream.txt; then end="$end and [DONE]"; fi
    if [ "$status" = 18 ]; then end="$end, broken connection"; fi
    echo "$router, $api: $end"
  done
done | tee seen.txt

diff -u - seen.txt <<'TXT'
smg, chat/completions: an error and [DONE]
smg, responses: an error and [DONE]
smg, messages: an event "error"
vllm-router, chat/completions: no error, broken connection
vllm-router, responses: no error, broken connection
vllm-router, messages: no error, broken connection
TXT
echo 'as recorded'
