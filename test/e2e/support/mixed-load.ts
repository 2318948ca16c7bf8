/** What many clients do to a server over a day, all at the same time and at random: see `MixedLoad`. */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf } from '../../fakes/processes.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import type { RegistryServer } from '../../fakes/servers/registry-server.ts';
import type { TestServer } from './server-process.ts';
import { post, replyOf, send } from './server-requests.ts';

/** Models that the load uses; they must exist. */
export const mixedModels = ['one', 'two', 'three'] as const;
/** A day in a quarter of an hour: what takes five minutes on a usual day, such as keeping a model, takes three seconds. */
const KEEP_ALIVE = '3s';
/** A user thinks for minutes before the next question. */
const LONGEST_THOUGHT_MS = 400;
const USERS = 6;

type Deed = 'answers' | 'cancels' | 'crashes' | 'pulls' | 'unloads' | 'refusals' | 'lost' | 'failed';

export interface MixedLoadOptions {
  readonly server: TestServer;
  readonly registry: RegistryServer;
  /** The weights of a model, which each pull gets under another name with another system text. */
  readonly weights: Uint8Array;
  readonly seed: number;
}

/** Runs until `stop`. What it saw is in `deeds` and `surprises`. */
export class MixedLoad {
  readonly deeds: Record<Deed, number> = {
    answers: 0,
    cancels: 0,
    crashes: 0,
    pulls: 0,
    unloads: 0,
    refusals: 0,
    lost: 0,
    failed: 0,
  };
  /** Replies that no part of the load expects. */
  readonly surprises: string[] = [];
  /** Every process that the server was seen to have. */
  readonly processes = new Set<number>();
  readonly #options: MixedLoadOptions;
  readonly #random: () => number;
  readonly #loops: Promise<void>[] = [];
  #stopped = false;
  #pulled = 0;

  constructor(options: MixedLoadOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    for (let user = 0; user < USERS; user++) this.#repeat(() => this.#ask(), LONGEST_THOUGHT_MS);
    this.#repeat(() => this.#askAndLeave(), 2 * LONGEST_THOUGHT_MS);
    this.#repeat(() => this.#pull(), 5000);
    this.#repeat(() => this.#unload(), 10_000);
    this.#repeat(() => this.#crash(), 20_000);
    this.#repeat(() => this.#sendNonsense(), 1000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  /** @param longestMs the longest pause between two times */
  #repeat(work: () => Promise<void>, longestMs: number): void {
    const loop = async () => {
      while (!this.#stopped) {
        await work().catch((error: unknown) => this.#surprise('the load itself', 0, String(error)));
        await pause(this.#random() * longestMs);
      }
    };
    this.#loops.push(loop());
  }

  get #model(): string {
    return mixedModels[Math.floor(this.#random() * mixedModels.length)] ?? mixedModels[0];
  }

  get #question() {
    const content = 'word '.repeat(1 + Math.floor(this.#random() * 40));
    const options = { num_predict: 1 + Math.floor(this.#random() * 40), temperature: 0.8 };
    const stream = this.#random() < 0.5;
    return {
      model: this.#model,
      keep_alive: KEEP_ALIVE,
      messages: [{ role: 'user', content }],
      stream,
      options,
    };
  }

  async #ask(): Promise<void> {
    const { server } = this.#options;
    const reply = await replyOf(await send(server, 'POST', '/api/chat', this.#question));
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    if (reply.status === 200 && text.includes('"done":true')) this.deeds.answers += 1;
    else this.#lose('a question', reply.status, text);
  }

  /** Only the runners that this load kills may lose a request. */
  #lose(what: string, status: number, text: string): void {
    if (text.includes('model runner')) this.deeds.lost += 1;
    else this.#surprise(what, status, text);
  }

  async #askAndLeave(): Promise<void> {
    const client = new AbortController();
    const endless = { ...this.#question, stream: true, options: { num_predict: -1 } };
    const response = await send(this.#options.server, 'POST', '/api/chat', endless, {
      signal: client.signal,
    });
    if (!response.ok) {
      this.#lose('a question', response.status, await response.text());
      return;
    }
    await response.body?.getReader().read();
    client.abort();
    this.deeds.cancels += 1;
  }

  async #pull(): Promise<void> {
    const { server, registry, weights } = this.#options;
    const image = 'application/vnd.ollama.image';
    const model = `pulled-${this.#pulled++}`;
    registry.publish(model, [
      { mediaType: `${image}.model`, content: weights },
      { mediaType: `${image}.system`, content: `You are ${model}.` },
    ]);
    const name = registry.name(model);
    const pulled = await post(server, '/api/pull', {
      model: name,
      insecure: true,
      stream: this.#random() < 0.5,
    });
    const asked = { model: name, prompt: 'hello', stream: false, keep_alive: 0, options: { num_predict: 2 } };
    if (this.#random() < 0.3) await post(server, '/api/generate', asked);
    const { status } = await replyOf(await send(server, 'DELETE', '/api/delete', { model: name }));
    if (pulled.status === 200 && status === 200) this.deeds.pulls += 1;
    else this.#surprise('a pull', status, JSON.stringify(pulled));
    registry.requests.length = 0;
  }

  async #unload(): Promise<void> {
    await post(this.#options.server, '/api/generate', { model: this.#model, keep_alive: 0 });
    this.deeds.unloads += 1;
  }

  /** Kills a runner, as the system does when memory is short. */
  async #crash(): Promise<void> {
    const runners = await childrenOf(this.#options.server.pid);
    for (const id of runners) this.processes.add(id);
    const [victim] = runners;
    if (victim === undefined) return;
    try {
      process.kill(victim, 'SIGKILL');
      this.deeds.crashes += 1;
    } catch {
      // It has exited by itself meanwhile.
    }
  }

  /** What broken and hostile clients send. */
  async #sendNonsense(): Promise<void> {
    const { server } = this.#options;
    const replies = await Promise.all([
      post(server, '/api/chat', '{"model":'),
      post(server, '/api/chat', { model: 'missing', messages: [] }),
      post(server, '/v1/chat/completions', { model: this.#model, messages: 'text' }),
    ]);
    const { hostname, port } = new URL(server.url);
    const silent = connect(Number(port), hostname).on('error', () => undefined);
    silent.write('POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    await pause(20);
    silent.destroy();
    for (const { status, body } of replies) {
      if (status === 400 || status === 404) this.deeds.refusals += 1;
      else this.#surprise('nonsense', status, JSON.stringify(body));
    }
  }

  #surprise(to: string, status: number, text: string): void {
    this.deeds.failed += 1;
    // The first ones explain the rest.
    if (this.surprises.length < 10) this.surprises.push(`${to}: ${status} ${text.slice(0, 300)}`);
  }
}
