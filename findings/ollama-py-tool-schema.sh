#!/usr/bin/env bash
# Software: ollama 0.6.3 (PyPI) on pydantic 2.14.4.
#
# Behaviour: the client turns a Python function given as a tool into a JSON schema before it sends the request.
#   - A parameter "int | str" becomes "type": "integer, string": one string, which is not a JSON Schema type. The order
#     of the words changes from one start of Python to the next, because it follows the hashes of the words.
#   - Every parameter is required, also one with a default value. Only a parameter that may be None is not, and it
#     loses the word "null".
#   - The choices of a Literal and the item type of a list are dropped. Those of an Enum are dropped from the property
#     too, but its definition stays behind under "$defs" and nothing points to it.
# The schema that pydantic makes of the same signature has none of these faults.
#
# Expected instead: "anyOf" or a list of types, "required" without the parameters that have defaults, and "enum".
#
# Why it matters: the most usual way to declare a tool in Python sends a schema that a strict JSON Schema compiler
# refuses. A server that constrains tool arguments with a grammar must read "integer, string" leniently, cannot
# enforce choices that its client dropped, and makes the model invent values for optional arguments. The changing
# order also changes the prompt, so a cache of prompt prefixes misses after each restart of the client.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ollama==0.6.3 pydantic==2.14.4

cat >observe.py <<'PY'
import enum, http.server, json, threading
from typing import Literal, Optional, Union
import ollama
from pydantic import TypeAdapter

class Unit(enum.Enum):
    C = 'c'
    F = 'f'

def weather(city: Union[int, str], days: int = 3, unit: Literal['c', 'f'] = 'c', other: Unit = Unit.C,
            note: Optional[str] = None, hours: list[int] = []):
    """Report the weather."""

received = []

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        received.append(json.loads(self.rfile.read(int(self.headers['content-length']))))
        body = b'{"message":{"role":"assistant","content":"x"},"done":true}'
        self.send_response(200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = ollama.Client(host=f'http://127.0.0.1:{server.server_port}')
client.chat(model='m', messages=[{'role': 'user', 'content': 'x'}], tools=[weather])

def show(source, schema):
    print(source, 'required:', *schema['required'])
    for name, property in schema['properties'].items():
        if source == 'ollama' and name == 'city':
            print('ollama city words:', *sorted(property['type'].split(', ')))
            print(property['type'], file=open('order.txt', 'a'))
            continue
        print(source, name, json.dumps({key: value for key, value in property.items() if key not in ('title', 'default', 'description')}))
    print(source, 'definitions:', *schema.get('$defs', {}))

show('ollama', received[0]['tools'][0]['function']['parameters'])
show('pydantic', TypeAdapter(weather).json_schema())
PY
PYTHONHASHSEED=1 venv/bin/python observe.py | tee seen.txt
for seed in 2 3 4 5 6 7 8; do PYTHONHASHSEED=$seed venv/bin/python observe.py >/dev/null; done
LC_ALL=C sort -u order.txt | sed 's/^/ollama city type, over eight hash seeds: /' | tee -a seen.txt

diff -u - seen.txt <<'EXPECTED'
ollama required: city days unit other hours
ollama city words: integer string
ollama days {"type": "integer"}
ollama unit {"type": "string"}
ollama other {"type": "string"}
ollama note {"type": "string"}
ollama hours {"type": "array"}
ollama definitions: Unit
pydantic required: city
pydantic city {"anyOf": [{"type": "integer"}, {"type": "string"}]}
pydantic days {"type": "integer"}
pydantic unit {"enum": ["c", "f"], "type": "string"}
pydantic other {"$ref": "#/$defs/Unit"}
pydantic note {"anyOf": [{"type": "string"}, {"type": "null"}]}
pydantic hours {"items": {"type": "integer"}, "type": "array"}
pydantic definitions: Unit
ollama city type, over eight hash seeds: integer, string
ollama city type, over eight hash seeds: string, integer
EXPECTED
echo 'as recorded'
