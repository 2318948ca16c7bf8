#!/usr/bin/env bash
# Software: ollama 0.6.4 (npm).
#
# Behaviour: a chunk of a streamed answer counts as a failure when it has a key "error", whatever the value. A chunk
# with "error": null or "error": "" throws an Error whose message is "null" or empty, and an error object becomes
# "[object Object]". The word "success" in a key "status" ends the stream of a chat as well, and what follows is lost.
# A line that is no JSON, on the other hand, is only printed as a warning, and the stream goes on without it.
# A host with port 80 and no scheme is changed to port 11434; a host with any other port is kept.
#
# Expected instead: "error": null means no error, as in most APIs, and "host:80" means port 80.
#
# Why it matters: a server or proxy that serialises every field of its reply type, null included, cannot serve this
# client, while the openai clients accept such chunks. A client told to use "gateway:80" silently talks to another
# service on the same machine.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . ollama@0.6.4 >/dev/null

cat >observe.mjs <<'JS'
import { Ollama } from 'ollama';

const part = (content, more = {}) => ({ model: 'm', message: { role: 'assistant', content }, done: false, ...more });
const last = { ...part(''), done: true };
const replies = {
  'no error key': [part('a'), part('b'), last],
  'error null': [part('a'), part('b', { error: null }), last],
  'error empty': [part('a'), part('b', { error: '' }), last],
  'error object': [part('a'), { error: { message: 'out of memory' } }],
  'status success': [part('a', { status: 'success' }), part('b'), last],
  'line without JSON': [part('a'), 'loading', part('b'), last],
};
let warnings = 0;
console.warn = () => warnings++;
for (const [name, lines] of Object.entries(replies)) {
  const body = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const client = new Ollama({ fetch: async () => new Response(body) });
  let text = '';
  let end = 'finished';
  warnings = 0;
  try {
    const stream = await client.chat({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true });
    for await (const { message } of stream) text += message.content;
  } catch (error) {
    end = `threw ${error.name} ${JSON.stringify(error.message)}`;
  }
  console.log(`${name}: read ${JSON.stringify(text)}, ${end}, ${warnings} warnings`);
}
for (const host of ['gateway:80', 'gateway:81', 'gateway:443', 'http://gateway:80', 'gateway']) console.log(host, 'becomes', new Ollama({ host }).config.host);
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
no error key: read "ab", finished, 0 warnings
error null: read "a", threw Error "null", 0 warnings
error empty: read "a", threw Error "", 0 warnings
error object: read "a", threw Error "[object Object]", 0 warnings
status success: read "a", finished, 0 warnings
line without JSON: read "ab", finished, 1 warnings
gateway:80 becomes http://gateway:11434
gateway:81 becomes http://gateway:81
gateway:443 becomes http://gateway:443
http://gateway:80 becomes http://gateway:80
gateway becomes http://gateway:11434
EXPECTED
echo 'as recorded'
