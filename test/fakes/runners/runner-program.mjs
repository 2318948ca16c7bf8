// A child that speaks the runner protocol without an engine. FAKE_RUNNER selects its behaviour:
// (unset) = well behaved, 'silent' = never ready, 'dies-loading', 'refuses' = load-failed, 'garbage' = bytes that are
// not frames, 'dies-running' = killed during a completion, 'stubborn' = ignores every request to exit, 'stuck' = never
// answers a completion but reports that it is alive, 'slow' = computes many steps before the first text,
// 'overrun' = ends itself because of its oldest completion, once two are running,
// 'thinking' = sends no text before its thinking is ended,
// 'out-of-memory' = cannot allocate its cache, 'unlocked' = cannot lock its weights in memory.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

const mode = process.env.FAKE_RUNNER ?? '';
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const facts = {
  contextLength: 64,
  slots: 1,
  bos: 1,
  eos: 2,
  addsBos: true,
  bosText: '<s>',
  eosText: '</s>',
  memoryBytes: 1000,
  gpuMemoryBytes: 0,
};
let buffered = Buffer.alloc(0);
const running = new Map();
const requests = new Map();

function send(value) {
  const body = Buffer.from(JSON.stringify(value));
  const header = Buffer.alloc(4);
  header.writeUInt32LE(body.length);
  pipe.write(Buffer.concat([header, body]));
}

function load({ loadedMarker }) {
  if (mode === 'silent') return;
  if (mode === 'garbage') {
    pipe.write(Buffer.from([4, 0, 0, 0, 1, 2, 3, 4]));
    return;
  }
  if (mode === 'dies-loading') {
    console.error('GGML_ASSERT(false) failed');
    process.exit(7);
  }
  if (mode === 'refuses') {
    setTimeout(() => console.error('error loading model: unknown model architecture'), 10);
    send({ type: 'load-failed', message: 'unable to load the model' });
    setTimeout(() => console.error(loadedMarker), 20);
    return;
  }
  if (mode === 'out-of-memory') {
    console.error('load_tensors: CPU model buffer size = 1024.00 MiB');
    console.error(
      'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 1073741824000',
    );
    send({ type: 'load-failed', message: 'unable to create the context' });
    setTimeout(() => console.error(loadedMarker), 20);
    return;
  }
  if (mode === 'unlocked')
    console.error(
      'warning: failed to mlock 4096-byte buffer (after previously locking 0 bytes): Out of memory',
    );
  send({ type: 'load-progress', fraction: 0.5 });
  console.error('llama_kv_cache: CPU KV buffer size = 2.00 MiB');
  send({ type: 'ready', facts });
  setTimeout(() => console.error(loadedMarker), 20);
}

/** Sends "alive" frames; if `next` is given, only for three and a half seconds. */
function beat(steps, next) {
  let sent = 0;
  const timer = setInterval(() => {
    sent++;
    send({ type: 'alive', steps: steps(sent) });
    if (next && sent === 70) {
      clearInterval(timer);
      next();
    }
  }, 50);
  return timer;
}

function complete(id, request) {
  requests.set(id, request);
  if (mode === 'overrun') {
    running.set(id, undefined);
    if (running.size < 2) return;
    writeSync(2, `\nsampling overrun of request ${running.keys().next().value}\n`);
    process.kill(process.pid, 'SIGKILL');
  } else if (mode === 'stuck')
    running.set(
      id,
      beat(() => 7),
    );
  else if (mode === 'slow')
    beat(
      (sent) => sent,
      () => write(id, request),
    );
  else if (mode !== 'thinking') write(id, request);
}

function write(id, request) {
  const timings = {
    promptTokens: request.prompt.length,
    cachedTokens: 0,
    promptNanoseconds: 1,
    completionTokens: 0,
    completionNanoseconds: 1,
  };
  let sent = 0;
  const timer = setInterval(() => {
    if (mode === 'dies-running' && sent === 2) process.kill(process.pid, 'SIGKILL');
    if (sent === request.maxTokens) {
      clearInterval(timer);
      running.delete(id);
      send({ type: 'event', id, event: { type: 'done', reason: 'length', timings, tokens: [] } });
      return;
    }
    sent++;
    send({ type: 'event', id, event: { type: 'text', text: `${sent} ` } });
  }, 5);
  running.set(id, timer);
}

function handle(frame) {
  if (frame.type === 'load') load(frame);
  else if (frame.type === 'complete') complete(frame.id, frame.request);
  else if (frame.type === 'tokenize')
    send({
      type: 'tokens',
      marks: [],
      id: frame.id,
      tokens: frame.text === 'running?' ? [running.size] : [...Buffer.from(frame.text)],
    });
  else if (frame.type === 'detokenize')
    send({
      type: 'failed',
      id: frame.id,
      code: 'invalid-request',
      message: 'token 9 is not in the vocabulary',
    });
  else if (frame.type === 'end-thinking') write(frame.id, { ...requests.get(frame.id), maxTokens: 1 });
  else if (frame.type === 'cancel') {
    if (mode === 'stuck') return;
    clearInterval(running.get(frame.id));
    if (running.delete(frame.id))
      send({ type: 'failed', id: frame.id, code: 'canceled', message: 'request canceled' });
  } else if (frame.type === 'stop' && mode !== 'stubborn') process.exit(0);
}

pipe.on('data', (chunk) => {
  buffered = Buffer.concat([buffered, chunk]);
  while (buffered.length >= 4 && buffered.length >= 4 + buffered.readUInt32LE(0)) {
    const size = buffered.readUInt32LE(0);
    handle(JSON.parse(buffered.toString('utf8', 4, 4 + size)));
    buffered = buffered.subarray(4 + size);
  }
});
pipe.on('close', () => process.exit(0));
if (mode === 'stubborn') process.on('SIGTERM', () => undefined);
