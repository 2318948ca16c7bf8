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

const UNLOAD_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/** A server with Ollama's API: this project's server or Ollama itself. */
export class OllamaServer implements BenchServer {
  readonly label: string;
  readonly url: string;
  readonly cheapPath = '/api/version';
  readonly #model: string;

  constructor(label: string, url: string, model: string) {
    this.label = label;
    this.url = url;
    this.#model = model;
  }

  generate(request: GenerationRequest): Promise<Generation> {
    return measureGeneration(this.#stream(request), request.onToken);
  }

  async *#stream({ prompt, tokens, temperature, signal }: GenerationRequest): AsyncGenerator<StreamChunk> {
    const options = {
      ...samplingWith(temperature),
      num_predict: tokens,
      num_ctx: CONTEXT_LENGTH,
      seed: randomSeed(),
    };
    const body = { model: this.#model, prompt, raw: true, stream: true, options };
    for await (const line of postLines(`${this.url}/api/generate`, body, signal)) {
      const chunk = parseRecord(line);
      yield {
        text: textIn(chunk, 'response'),
        promptTokens: numberIn(chunk, 'prompt_eval_count'),
        completionTokens: numberIn(chunk, 'eval_count'),
      };
    }
  }

  async unload(): Promise<void> {
    const body = { model: this.#model, keep_alive: 0 };
    for await (const line of postLines(`${this.url}/api/generate`, body)) parseRecord(line);
    const deadline = Date.now() + UNLOAD_TIMEOUT_MS;
    while (await this.#isLoaded()) {
      if (Date.now() > deadline) throw new Error(`${this.label} did not unload ${this.#model} in time`);
      await sleep(POLL_MS);
    }
  }

  async #isLoaded(): Promise<boolean> {
    const { models } = parseRecord((await getText(`${this.url}/api/ps`)).text);
    return Array.isArray(models) && models.length > 0;
  }
}
