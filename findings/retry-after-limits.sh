#!/usr/bin/env bash
# Software: openai 7.59.0, @anthropic-ai/sdk 1.14.0, ai 7.0.173 with @ai-sdk/openai-compatible 3.0.92 (npm);
# openai 3.57.0, anthropic 2.14.0 (PyPI).
#
# Behaviour: the five clients read the same Retry-After header in four ways. From 1 to 59 seconds they all wait as
# asked. From 60 seconds on the AI SDK, and from 61 on the openai npm client, ignore the header and retry after
# their own backoff of at most 2 seconds. Above 120 seconds the openai Python client does not retry at all. Both
# Anthropic clients wait a whole day when they are asked to. "0" means "now" to two of the five and "use your own
# backoff" to three.
#
# Expected instead: one limit, and that a longer request never makes a client come back sooner.
#
# Why it matters: a busy server that says "Retry-After: 120" to spread its load is called again by some clients within
# half a second, and a server that says "86400" makes another client hang for a day without an error. Values from 1 to
# 59 are the only ones that mean the same to all of them.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . openai@7.59.0 @anthropic-ai/sdk@1.14.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openai==3.57.0 anthropic==2.14.0

cat >observe.mjs <<'JS'
import Anthropic from '@anthropic-ai/sdk';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText } from 'ai';
import OpenAI from 'openai';

const chat = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }] };
const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } };
const json = (status, body, headers) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

let value, calls, between, waited;
// Answers the first call with 503 and the header, and each later one with success.
async function fetch(url) {
  between = ++calls === 1;
  if (calls === 1) return json(503, { error: { message: 'busy' } }, { 'retry-after': value });
  return json(200, String(url).includes('messages') ? message : chat);
}
// The first timer after the first answer is the wait. It fires at once here, so that the script is quick.
const later = globalThis.setTimeout;
globalThis.setTimeout = (action, delay, ...rest) => {
  if (!between) return later(action, delay, ...rest);
  waited ??= delay ?? 0;
  return later(action, 0, ...rest);
};

const key = { apiKey: 'none', maxRetries: 1, logLevel: 'off', fetch };
const openai = new OpenAI({ ...key, baseURL: 'http://localhost/v1' });
const anthropic = new Anthropic({ ...key, baseURL: 'http://localhost' });
const model = createOpenAICompatible({ name: 'x', baseURL: 'http://localhost/v1', fetch })('m');
const clients = {
  'openai-js': () => openai.chat.completions.create({ model: 'm', messages: [] }),
  'anthropic-js': () => anthropic.messages.create({ model: 'm', max_tokens: 5, messages: [] }),
  'ai-sdk': () => generateText({ model, prompt: 'x', maxRetries: 1 }),
};
for (value of ['0', '1', '59', '60', '61', '120', '121', '86400'])
  for (const [name, call] of Object.entries(clients)) {
    [calls, between, waited] = [0, false, undefined];
    await call();
    const seconds = waited / 1000;
    console.log(value, name, seconds === Number(value) ? 'waits as asked' : seconds <= 2 ? 'own backoff' : `waits ${seconds}`);
  }
process.exit();
JS

cat >observe.py <<'PY'
import http.server, threading, time
import anthropic, openai

chat = b'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[]}'
message = b'{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}'
state = {}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['content-length']))
        state['calls'] += 1
        first = state['calls'] == 1
        body = message if 'messages' in self.path else chat
        self.send_response(503 if first else 200)
        if first:
            self.send_header('retry-after', state['value'])
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f'http://127.0.0.1:{server.server_port}'
o = openai.OpenAI(api_key='none', base_url=base + '/v1', max_retries=1)
a = anthropic.Anthropic(api_key='none', base_url=base, max_retries=1)
clients = {
    'openai-py': lambda: o.chat.completions.create(model='m', messages=[]),
    'anthropic-py': lambda: a.messages.create(model='m', max_tokens=5, messages=[]),
}
waits = []
time.sleep = waits.append
for value in ('0', '1', '59', '60', '61', '120', '121', '86400'):
    for name, call in clients.items():
        state.update(calls=0, value=value)
        waits.clear()
        try:
            call()
            seen = 'waits as asked' if waits == [float(value)] else 'own backoff' if waits[0] <= 2 else f'waits {waits}'
        except Exception as error:
            seen = f'no retry: {type(error).__name__}' if not waits else repr(error)
        print(value, name, seen)
PY

{ node observe.mjs; venv/bin/python observe.py; } | LC_ALL=C sort -k1,1n -k2,2 | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
0 ai-sdk waits as asked
0 anthropic-js own backoff
0 anthropic-py own backoff
0 openai-js waits as asked
0 openai-py own backoff
1 ai-sdk waits as asked
1 anthropic-js waits as asked
1 anthropic-py waits as asked
1 openai-js waits as asked
1 openai-py waits as asked
59 ai-sdk waits as asked
59 anthropic-js waits as asked
59 anthropic-py waits as asked
59 openai-js waits as asked
59 openai-py waits as asked
60 ai-sdk own backoff
60 anthropic-js waits as asked
60 anthropic-py waits as asked
60 openai-js waits as asked
60 openai-py waits as asked
61 ai-sdk own backoff
61 anthropic-js waits as asked
61 anthropic-py waits as asked
61 openai-js own backoff
61 openai-py waits as asked
120 ai-sdk own backoff
120 anthropic-js waits as asked
120 anthropic-py waits as asked
120 openai-js own backoff
120 openai-py waits as asked
121 ai-sdk own backoff
121 anthropic-js waits as asked
121 anthropic-py waits as asked
121 openai-js own backoff
121 openai-py no retry: InternalServerError
86400 ai-sdk own backoff
86400 anthropic-js waits as asked
86400 anthropic-py waits as asked
86400 openai-js own backoff
86400 openai-py no retry: InternalServerError
EXPECTED
echo 'as recorded'
