#!/usr/bin/env bash
# Software: ollama 0.6.3 (PyPI) on httpx 0.28.1, against ollama 0.6.4 (npm).
#
# Behaviour: the Python client splits a streamed answer not only at line feeds. It also splits at U+0085, U+2028 and
# U+2029, which JSON allows unescaped inside a string. A chunk whose text holds one of them is cut in the middle of the
# string, and the client raises JSONDecodeError. The same reply without streaming is read correctly, and the npm client
# reads both.
#
# Expected instead: lines of newline-delimited JSON end at a line feed only.
#
# Why it matters: JSON.stringify of JavaScript and json.dumps(ensure_ascii=False) of Python write all three characters
# as they are. Go escapes U+2028 and U+2029 but not U+0085, which is why Ollama's own server rarely
# shows the problem. A model can
# produce these characters at any time, for example when it repeats text from a PDF or a web page. A server that
# escapes them in NDJSON keeps the Python client working and changes nothing for the others.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . ollama@0.6.4 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ollama==0.6.3 httpx==0.28.1

cat >server.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { Ollama } from 'ollama';

const codes = [0x0a, 0x85, 0x2028, 0x2029];
const name = (code) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
// The model's name says which character the answer holds and whether it is escaped.
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const [code, form] = JSON.parse(body).model.split('-');
  const text = `a${String.fromCodePoint(Number(code))}b`;
  const chunk = JSON.stringify({ model: 'm', message: { role: 'assistant', content: text }, done: true });
  const escaped = chunk.replace(/[\u0085\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  response.end(`${form === 'escaped' ? escaped : chunk}\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const host = `http://127.0.0.1:${server.address().port}`;
const client = new Ollama({ host });
for (const code of codes) {
  const request = { model: `${code}-raw`, messages: [{ role: 'user', content: 'x' }] };
  const parts = [];
  for await (const { message } of await client.chat({ ...request, stream: true })) parts.push(message.content);
  console.log('npm', 'raw', name(code), parts.join('').length === 3 ? 'read' : 'damaged');
}
await new Promise((done) => spawn('venv/bin/python', ['observe.py', host], { stdio: 'inherit' }).on('exit', done));
process.exit();
JS

cat >observe.py <<'PY'
import sys
import ollama

client = ollama.Client(host=sys.argv[1])
messages = [{'role': 'user', 'content': 'x'}]
for form in ('raw', 'escaped'):
    for code in (0x0A, 0x85, 0x2028, 0x2029):
        model = f'{code}-{form}'
        try:
            text = ''.join(part.message.content for part in client.chat(model=model, messages=messages, stream=True))
            streamed = 'read' if text == f'a{chr(code)}b' else 'damaged'
        except Exception as error:
            streamed = type(error).__name__
        whole = client.chat(model=model, messages=messages).message.content
        print('python', form, f'U+{code:04X}', 'streamed:', streamed + ',', 'whole:', 'read' if whole == f'a{chr(code)}b' else 'damaged')
PY
node server.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
npm raw U+000A read
npm raw U+0085 read
npm raw U+2028 read
npm raw U+2029 read
python raw U+000A streamed: read, whole: read
python raw U+0085 streamed: JSONDecodeError, whole: read
python raw U+2028 streamed: JSONDecodeError, whole: read
python raw U+2029 streamed: JSONDecodeError, whole: read
python escaped U+000A streamed: read, whole: read
python escaped U+0085 streamed: read, whole: read
python escaped U+2028 streamed: read, whole: read
python escaped U+2029 streamed: read, whole: read
EXPECTED
echo 'as recorded'
