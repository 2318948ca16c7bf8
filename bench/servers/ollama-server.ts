import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Generation,
  type GenerationRequest,
  measureGeneration,
  type StreamChunk,
} from '../generation.ts';
import { getText, postLines } from '../http.ts';
import {
  type BenchServer,
  CONTEXT_LENGTH,
  numberIn,
  parseRecord,
  randomSeed,
  samplingWith,
  textIn,
} from './server.ts';

const EVENT_PREFIX = 'data: ';
const LAST_EVENT = '[DONE]';
const UNLOAD_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/** A server with Ollama's API: this project's server or Ollama itself. */
export class OllamaServer implements BenchServer {
  readonly label: string;
  readonly url: string;
  readonly cheapPath = '/api/version';
  readonly pid: number | undefined;
  readonly model: string;

  constructor(label: string, url: string, model: string, pid?: number) {
    this.label = label;
    this.url = url;
    this.pid = pid;
    this.model = model;
  }

  generate(request: GenerationRequest): Promise<Generation> {
    return measureGeneration(this.#stream(request), request.onToken);
  }

  chat(request: GenerationRequest): Promise<Generation> {
    return measureGeneration(this.#chatStream(request), request.onToken);
  }

  async hasModel(name: string): Promise<boolean> {
    const { models } = parseRecord((await getText(`${this.url}/api/tags`)).text);
    return Array.isArray(models) && models.some((model) => model?.name === name);
  }

  async *#stream(request: GenerationRequest): AsyncGenerator<StreamChunk> {
    const { prompt, tokens, temperature, model = this.model, format, signal } = request;
    const options = {
      ...samplingWith(temperature),
      num_predict: tokens,
      num_ctx: CONTEXT_LENGTH,
      seed: randomSeed(),
      ...request.options,
    };
    const body = { model, prompt, raw: true, stream: true, options, ...(format && { format }) };
    for await (const line of postLines(`${this.url}/api/generate`, body, signal)) {
      const chunk = parseRecord(line);
      yield {
        text: textIn(chunk, 'response'),
        promptTokens: numberIn(chunk, 'prompt_eval_count'),
        completionTokens: numberIn(chunk, 'eval_count'),
      };
    }
  }

  /** Our extension `options` keeps the answer as long as requested; other servers ignore it. */
  async *#chatStream({ prompt, tokens, signal }: GenerationRequest): AsyncGenerator<StreamChunk> {
    const body = {
      model: this.model,
      messages: [{ role: 'user', content: prompt }],
      max_tokens: tokens,
      stream: true,
      seed: randomSeed(),
      options: { ignore_eos: true, num_ctx: CONTEXT_LENGTH },
    };
    for await (const line of postLines(`${this.url}/v1/chat/completions`, body, signal)) {
      const data = line.slice(EVENT_PREFIX.length);
      if (line.startsWith(EVENT_PREFIX) && data !== LAST_EVENT) yield { text: deltaOf(parseRecord(data)) };
    }
  }

  async unload(): Promise<void> {
    const body = { model: this.model, keep_alive: 0 };
    for await (const line of postLines(`${this.url}/api/generate`, body)) parseRecord(line);
    const deadline = Date.now() + UNLOAD_TIMEOUT_MS;
    while (await this.#isLoaded()) {
      if (Date.now() > deadline) throw new Error(`${this.label} did not unload ${this.model} in time`);
      await sleep(POLL_MS);
    }
  }

  async #isLoaded(): Promise<boolean> {
    const { models } = parseRecord((await getText(`${this.url}/api/ps`)).text);
    return Array.isArray(models) && models.length > 0;
  }
}

/** The text that one event of a chat adds. */
function deltaOf({ choices }: Record<string, unknown>): string {
  const delta: unknown = Array.isArray(choices) ? choices[0]?.delta?.content : undefined;
  return typeof delta === 'string' ? delta : '';
}
