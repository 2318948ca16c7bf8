#!/usr/bin/env bash
# Software: ollama 0.6.4, openai 7.59.0, @anthropic-ai/sdk 1.14.0, ai 7.0.173 with @ai-sdk/openai 4.0.118 and
# @ai-sdk/openai-compatible 3.0.92 (npm); ollama 0.6.3, openai 3.57.0, anthropic 2.14.0 (PyPI).
#
# Behaviour: a stream ends properly for HTTP but lacks its closing message ("done", finish_reason and [DONE],
# message_stop), as happens when a server or proxy stops in the middle of an answer. None of the Python libraries
# notices it, in any mode: the iterators end as usual, and the helpers return the half answer with a reason of None.
# Each npm library has a mode that throws, but the plain iterators of openai and Anthropic do not. The AI SDK
# reports an error through one provider and the finish reason "interrupted", without an error, through the other.
#
# Expected instead: a client of a protocol that has a closing message misses it when it does not come, and does so
# alike in the libraries of one vendor.
#
# Why it matters: a server that fails after the first byte has no status code left. Closing the connection in an orderly
# way hides the failure from most clients, so the server must send an error event, or break the connection.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . ollama@0.6.4 openai@7.59.0 @anthropic-ai/sdk@1.14.0 ai@7.0.173 @ai-sdk/openai@4.0.118 @ai-sdk/openai-compatible@3.0.92 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ollama==0.6.3 openai==3.57.0 anthropic==2.14.0

cat >server.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { streamText } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const openaiChunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'half' }, finish_reason: null }] };
const anthropicEvents = [
  { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'half' } },
];
const bodies = {
  '/api/chat': `${JSON.stringify({ model: 'm', message: { role: 'assistant', content: 'half' }, done: false })}\n`,
  '/v1/chat/completions': `data: ${JSON.stringify(openaiChunk)}\n\n`,
  '/v1/messages': anthropicEvents.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
};
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': request.url === '/api/chat' ? 'application/x-ndjson' : 'text/event-stream' });
    response.end(bodies[request.url]);
  });
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}`;

const messages = [{ role: 'user', content: 'x' }];
const settings = { apiKey: 'none', maxRetries: 0, logLevel: 'off' };
const openai = new OpenAI({ ...settings, baseURL: `${base}/v1` });
const anthropic = new Anthropic({ ...settings, baseURL: base });
const read = async (stream) => { for await (const _ of stream); return 'ends as usual'; };
const finish = async (model) => {
  const seen = [];
  for await (const part of streamText({ model, messages, maxRetries: 0, onError() {} }).fullStream) {
    if (part.type === 'error') seen.push('an error part');
    if (part.type === 'finish') seen.push(`finish reason "${part.finishReason}"`);
  }
  return seen.join(', ');
};
const clients = {
  'ollama, iterator': async () => read(await new Ollama({ host: base }).chat({ model: 'm', messages, stream: true })),
  'openai, iterator': async () => read(await openai.chat.completions.create({ model: 'm', messages, stream: true })),
  'openai, helper': async () => (await openai.chat.completions.stream({ model: 'm', messages }).finalChatCompletion()) && 'ends as usual',
  'anthropic, iterator': async () => read(await anthropic.messages.create({ model: 'm', max_tokens: 9, messages, stream: true })),
  'anthropic, helper': async () => (await anthropic.messages.stream({ model: 'm', max_tokens: 9, messages }).finalMessage()) && 'ends as usual',
  'AI SDK, openai-compatible': () => finish(createOpenAICompatible({ name: 'x', baseURL: `${base}/v1` })('m')),
  'AI SDK, openai': () => finish(createOpenAI({ apiKey: 'none', baseURL: `${base}/v1` }).chat('m')),
};
for (const [name, call] of Object.entries(clients)) console.log('npm', `${name}:`, await call().catch((error) => `throws ${error.constructor.name}`));
await new Promise((done) => spawn('venv/bin/python', ['observe.py', base], { stdio: 'inherit' }).on('exit', done));
process.exit();
JS

cat >observe.py <<'PY'
import sys
import anthropic, ollama, openai

base = sys.argv[1]
messages = [{'role': 'user', 'content': 'x'}]
o = openai.OpenAI(api_key='none', base_url=base + '/v1', max_retries=0)
a = anthropic.Anthropic(api_key='none', base_url=base, max_retries=0)

def openai_helper():
    with o.chat.completions.stream(model='m', messages=messages) as stream:
        choice = stream.get_final_completion().choices[0]
    return [choice.message.content, choice.finish_reason]

def anthropic_helper():
    with a.messages.stream(model='m', max_tokens=9, messages=messages) as stream:
        message = stream.get_final_message()
    return [message.content[0].text, message.stop_reason]

clients = {
    'ollama, iterator': lambda: list(ollama.Client(host=base).chat(model='m', messages=messages, stream=True)),
    'openai, iterator': lambda: list(o.chat.completions.create(model='m', messages=messages, stream=True)),
    'openai, helper': openai_helper,
    'anthropic, iterator': lambda: list(a.messages.create(model='m', max_tokens=9, messages=messages, stream=True)),
    'anthropic, helper': anthropic_helper,
}
for name, call in clients.items():
    try:
        result = call()
        seen = 'ends as usual' + (f', returns {result}' if 'helper' in name else '')
    except Exception as error:
        seen = 'throws ' + type(error).__name__
    print('python', name + ':', seen)
PY
node server.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
npm ollama, iterator: throws Error
npm openai, iterator: ends as usual
npm openai, helper: throws OpenAIError
npm anthropic, iterator: ends as usual
npm anthropic, helper: throws AnthropicError
npm AI SDK, openai-compatible: an error part, finish reason "error"
npm AI SDK, openai: finish reason "interrupted"
python ollama, iterator: ends as usual
python openai, iterator: ends as usual
python openai, helper: ends as usual, returns ['half', None]
python anthropic, iterator: ends as usual
python anthropic, helper: ends as usual, returns ['half', None]
EXPECTED
echo 'as recorded'
