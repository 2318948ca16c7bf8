#!/usr/bin/env bash
# Software: @anthropic-ai/sdk 1.14.0 (npm), anthropic 2.14.0 (PyPI).
#
# Behaviour: when a stream ends inside the arguments of a tool call (stop_reason "max_tokens"), both libraries still
# return a tool_use block with a parsed input. They drop a string that is not closed, and the key with it. They disagree
# about a number: of {"n":12 the npm library keeps nothing, the Python library keeps 12, which may be the start of
# 1234. They disagree about text after the object as well: of {"n":12}} the npm library throws, the Python library
# returns {"n":12}. Neither marks the block as incomplete.
#
# Expected instead: an error, or the raw text, or the same partial value in both libraries.
#
# Why it matters: a server that stops at max_tokens inside a call hands its clients arguments that look valid but are
# not what the model wrote: a deletion without its filter, or an amount without its last digits. Code on the client has
# to check stop_reason before it runs a tool, and a server can withhold a call that it could not finish.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @anthropic-ai/sdk@1.14.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check anthropic==2.14.0

cat >server.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';

const cuts = ['{"n":12}', '{"n":12', '{"path":"a","filter":"old', '{"path":"a","fil', '{"list":[1,2', '{"flag":tr', '{"n":12}}', ''];
const events = (text) => [
  { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
  { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: text } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'max_tokens', stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events(JSON.parse(body).model.slice(1)).map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const client = new Anthropic({ apiKey: 'none', baseURL, maxRetries: 0 });
for (const cut of cuts) {
  let seen;
  try {
    const { content } = await client.messages.stream({ model: `:${cut}`, max_tokens: 9, messages: [] }).finalMessage();
    seen = JSON.stringify(content[0].input);
  } catch (error) {
    seen = `throws ${error.constructor.name}`;
  }
  console.log(`npm     ${cut.padEnd(26)} ${seen}`);
}
await new Promise((done) => spawn('venv/bin/python', ['observe.py', baseURL, ...cuts], { stdio: 'inherit' }).on('exit', done));
process.exit();
JS

cat >observe.py <<'PY'
import json, sys
import anthropic

client = anthropic.Anthropic(api_key='none', base_url=sys.argv[1], max_retries=0)
for cut in sys.argv[2:]:
    try:
        with client.messages.stream(model=':' + cut, max_tokens=9, messages=[]) as stream:
            seen = json.dumps(stream.get_final_message().content[0].input, separators=(',', ':'))
    except Exception as error:
        seen = 'throws ' + type(error).__name__
    print(f'python  {cut:26} {seen}')
PY
node server.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
npm     {"n":12}                   {"n":12}
npm     {"n":12                    {}
npm     {"path":"a","filter":"old  {"path":"a"}
npm     {"path":"a","fil           {"path":"a"}
npm     {"list":[1,2               {"list":[1]}
npm     {"flag":tr                 {}
npm     {"n":12}}                  throws AnthropicError
npm                                {}
python  {"n":12}                   {"n":12}
python  {"n":12                    {"n":12}
python  {"path":"a","filter":"old  {"path":"a"}
python  {"path":"a","fil           {"path":"a"}
python  {"list":[1,2               {"list":[1,2]}
python  {"flag":tr                 {}
python  {"n":12}}                  {"n":12}
python                             {}
EXPECTED
echo 'as recorded'
