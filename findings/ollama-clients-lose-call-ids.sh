#!/usr/bin/env bash
# Software: ollama 0.6.3 (PyPI), @langchain/ollama 1.3.0 with @langchain/core 1.4.0 (npm).
#
# Behaviour: a server may give each tool call an id in /api/chat. The Python client drops it from the answer, so two
# calls of one function cannot be told apart, and drops an id that the program adds to a message on the way out.
# LangChain replaces the id by a random one of its own. In the next request it sends its own id with the call, but the
# tool's result goes out without an id and without the tool's name, although the program gave both.
#
# Expected instead: the id comes back with the call and with the result, as in the OpenAI API.
#
# Why it matters: a server cannot rely on ids from these clients, neither to match a result to its call nor to find the
# call in its logs. It has to match results to calls by their order, and a template that prints the name of the tool
# with a result prints nothing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @langchain/ollama@1.3.0 @langchain/core@1.4.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ollama==0.6.3

cat >server.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';

const calls = ['call_1', 'call_2'].map((id, index) => ({ id, function: { index, name: 'f', arguments: { n: index } } }));
const received = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  received.push(JSON.parse(body));
  response.end(`${JSON.stringify({ model: 'm', message: { role: 'assistant', content: '', tool_calls: calls }, done: true })}\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}`;

function showRequest(client) {
  const { messages } = received.at(-1);
  const call = messages.find((message) => message.tool_calls)?.tool_calls[0];
  const result = messages.find((message) => message.role === 'tool');
  console.log(client, 'sends the call with', !call.id ? 'no id' : call.id === 'call_1' ? 'its id' : 'another id');
  console.log(client, 'sends the result with the keys', Object.keys(result).sort().join(' '));
}
const chat = new ChatOllama({ model: 'm', baseUrl: base });
const question = new HumanMessage('x');
const answer = await chat.invoke([question]);
console.log('langchain', 'reads', answer.tool_calls.map(({ id }) => (id?.startsWith('call_') ? id : id ? 'another id' : 'no id')).join(', '));
await chat.invoke([question, answer, new ToolMessage({ tool_call_id: answer.tool_calls[0].id, name: 'f', content: 'r' })]);
showRequest('langchain');
await new Promise((done) => spawn('venv/bin/python', ['observe.py', base], { stdio: 'inherit' }).on('exit', done));
showRequest('python');
process.exit();
JS
cat >observe.py <<'PY'
import sys
import ollama

client = ollama.Client(host=sys.argv[1])
question = {'role': 'user', 'content': 'x'}
answer = client.chat(model='m', messages=[question]).message
print('python reads', ', '.join(getattr(call, 'id', 'no id') for call in answer.tool_calls), flush=True)
call = {'id': 'call_1', 'function': {'name': 'f', 'arguments': {'n': 0}}}
result = {'role': 'tool', 'tool_name': 'f', 'tool_call_id': 'call_1', 'content': 'r'}
client.chat(model='m', messages=[question, {'role': 'assistant', 'tool_calls': [call]}, result])
PY
node server.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
langchain reads another id, another id
langchain sends the call with another id
langchain sends the result with the keys content role
python reads no id, no id
python sends the call with no id
python sends the result with the keys content role tool_name
EXPECTED
echo 'as recorded'
