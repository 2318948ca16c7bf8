#!/usr/bin/env bash
# Software: openai 7.59.0 (npm), openai 3.57.0 (PyPI).
#
# Behaviour: chat.completions.stream() of both libraries builds a final message from the deltas. They merge a field that
# the library does not know, such as reasoning_content, in opposite ways. The npm library keeps the last delta only, so
# the final message holds the last fragment of the reasoning. The Python library adds: text to text, number to number,
# and true to true, which makes 2. It adds known fields too: a server that repeats "role" or a tool call's "id" in each
# chunk gets "assistantassistant" and a doubled id, while the npm library keeps both as they are.
#
# Expected instead: one rule for both libraries of one vendor; either both join text, or both keep the last value.
#
# Why it matters: reasoning text that arrives complete over the wire is cut to its last token for users of the npm
# helper, who take it for a fault of the server. For the Python helper a server must send "role", "id" and the tool's
# name once, and no numbers in a delta that are not meant to be summed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . openai@7.59.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openai==3.57.0

cat >server.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import OpenAI from 'openai';

const call = (id, args) => [{ index: 0, id, type: 'function', function: { name: 'f', arguments: args } }];
const streams = {
  reasoning: [{ role: 'assistant', reasoning_content: 'first ' }, { reasoning_content: 'second ' }, { reasoning_content: 'third' }, { content: 'a' }],
  numbers: [{ role: 'assistant', content: 'a', step: 3, flag: true }, { content: 'b', step: 4, flag: true }],
  role: [{ role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }],
  id: [{ role: 'assistant', tool_calls: call('call_1', '{') }, { tool_calls: call('call_1', '}') }],
};
const chunk = (delta, reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] });
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const chunks = [...streams[JSON.parse(body).model].map((delta) => chunk(delta)), chunk({}, 'stop')];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const client = new OpenAI({ apiKey: 'none', baseURL });
for (const model of Object.keys(streams)) {
  const { message } = (await client.chat.completions.stream({ model, messages: [] }).finalChatCompletion()).choices[0];
  const { role, content, reasoning_content, step, flag, tool_calls } = message;
  const seen = { role, content, reasoning_content, step, flag, id: tool_calls?.[0].id, name: tool_calls?.[0].function.name };
  console.log('npm', model, JSON.stringify(seen));
}
await new Promise((done) => spawn('venv/bin/python', ['observe.py', baseURL, ...Object.keys(streams)], { stdio: 'inherit' }).on('exit', done));
process.exit();
JS

cat >observe.py <<'PY'
import json, sys
import openai

client = openai.OpenAI(api_key='none', base_url=sys.argv[1])
for model in sys.argv[2:]:
    with client.chat.completions.stream(model=model, messages=[]) as stream:
        message = stream.get_final_completion().choices[0].message
    seen = {name: getattr(message, name, None) for name in ('role', 'content', 'reasoning_content', 'step', 'flag')}
    for call in message.tool_calls or []:
        seen.update(id=call.id, name=call.function.name)
    print('python', model, json.dumps({name: value for name, value in seen.items() if value is not None or name == 'content'}, separators=(',', ':')))
PY
node server.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
npm reasoning {"role":"assistant","content":"a","reasoning_content":"third"}
npm numbers {"role":"assistant","content":"ab","step":4,"flag":true}
npm role {"role":"assistant","content":"ab"}
npm id {"role":"assistant","content":null,"id":"call_1","name":"f"}
python reasoning {"role":"assistant","content":"a","reasoning_content":"first second third"}
python numbers {"role":"assistant","content":"ab","step":7,"flag":2}
python role {"role":"assistantassistant","content":"ab"}
python id {"role":"assistant","content":null,"id":"call_1call_1","name":"ff"}
EXPECTED
echo 'as recorded'
