/** Routers of other projects, started as `packaging/router/compose.yaml` starts them, in front of servers of a test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { pythonWith } from '../../fakes/python-environment.ts';
import type { TestServer } from './server-process.ts';
import { replyOf } from './server-requests.ts';

const compose = fileURLToPath(new URL('../../../packaging/router/compose.yaml', import.meta.url));
/** A router of 100 MB takes seconds to start, and looks for its servers first. */
const START_MS = 60_000;
const KEPT_CHARACTERS = 20_000;

export type RouterName = 'vllm-router' | 'smg';

export interface Router extends AsyncDisposable {
  readonly url: string;
  output(): string;
}

interface Service {
  readonly command: readonly string[];
  readonly build: { readonly dockerfile_inline: string };
}

function serviceOf(name: RouterName): Service {
  const { services } = parse(readFileSync(compose, 'utf8'), { merge: true });
  return services[name];
}

/** What the compose file sets for each server, except its config file. */
export function serverSettings(): { OLLAMA_DRAIN_GRACE: string; OLLAMA_KEEP_ALIVE: string } {
  const { services } = parse(readFileSync(compose, 'utf8'), { merge: true });
  const { OLLAMA_CONFIG: _, ...settings } = services['server-1'].environment;
  return settings;
}

/**
 * Longest time in seconds from the moment that a server answers health checks with failures until a router that the compose file starts
 * sends it nothing more: vllm-router asks one server after another and waits for each.
 */
export function noticeSeconds(name: RouterName): number {
  const { command } = serviceOf(name);
  const option = (flag: string) =>
    Number(command.find((part) => part.startsWith(`--${flag}=`))?.split('=')[1]);
  const servers = command.filter((part) => part.startsWith('http://')).length;
  const look = servers * option('health-check-timeout-secs');
  return option('health-check-interval-secs') + option('health-failure-threshold') * look;
}

/** The interpreter with the router, in the version that the compose file installs. */
export function pythonWithRouter(name: RouterName): Promise<string> {
  const requirement = /pip install .*?(\S+==\S+)/.exec(serviceOf(name).build.dockerfile_inline)?.[1];
  if (requirement === undefined) throw new Error(`${compose} installs no ${name}`);
  return pythonWith([requirement]);
}

/** Starts the router, and waits until it has a model of each server. */
export async function startRouter(
  name: RouterName,
  servers: readonly TestServer[],
  body: object,
): Promise<Router> {
  const interpreter = await pythonWithRouter(name);
  const port = await freePort();
  const [, ...command] = serviceOf(name).command.map((part) =>
    part
      .replace('--host=0.0.0.0', '--host=127.0.0.1')
      .replace('--port=8080', `--port=${port}`)
      .replace(/^http:\/\/server-(\d):11434$/, (_, number) => servers[Number(number) - 1]?.url ?? ''),
  );
  const metrics = `--prometheus-port=${await freePort()}`;
  const child = spawn(interpreter, [...command.slice(0, 2), metrics, ...command.slice(2)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
    });
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const reply = await fetch(`${url}/v1/chat/completions`, init).then(replyOf, () => ({ status: 0 }));
    return reply.status;
  };
  const router: Router = {
    url,
    output: () => output,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  const until = Date.now() + START_MS;
  while ((await answers()) !== 200) {
    if (Date.now() > until) {
      await router[Symbol.asyncDispose]();
      throw new Error(`${name} did not answer:\n${output}`);
    }
    await sleep(200);
  }
  return router;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
