import {
  type Generation,
  type GenerationRequest,
  measureGeneration,
  type StreamChunk,
} from '../generation.ts';
import { postLines } from '../http.ts';
import { type BenchServer, numberIn, parseRecord, randomSeed, samplingWith, textIn } from './server.ts';

const EVENT_PREFIX = 'data: ';

/** llama.cpp's own server, which serves a single model. */
export class LlamaServer implements BenchServer {
  readonly label: string;
  readonly url: string;
  readonly pid = undefined;
  readonly cheapPath = '/health';

  constructor(label: string, url: string) {
    this.label = label;
    this.url = url;
  }

  generate(request: GenerationRequest): Promise<Generation> {
    return measureGeneration(this.#stream(request), request.onToken);
  }

  async *#stream({ prompt, tokens, temperature, signal }: GenerationRequest): AsyncGenerator<StreamChunk> {
    const seed = randomSeed();
    const body = {
      ...samplingWith(temperature),
      prompt,
      n_predict: tokens,
      stream: true,
      cache_prompt: true,
      seed,
    };
    for await (const line of postLines(`${this.url}/completion`, body, signal)) {
      if (!line.startsWith(EVENT_PREFIX)) continue;
      const chunk = parseRecord(line.slice(EVENT_PREFIX.length));
      const last = chunk.stop === true;
      yield {
        text: textIn(chunk, 'content'),
        promptTokens: last ? numberIn(chunk, 'tokens_evaluated') : undefined,
        completionTokens: last ? numberIn(chunk, 'tokens_predicted') : undefined,
      };
    }
  }
}
