/** Reads the streams of OpenAI's API, and of the servers that have the same. */
import type { Logprob, ToolCall } from '../../../api/common.ts';
import { OllamaError } from '../../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import type { ReplyEvent } from '../../transport/reply-events.ts';
import { replyObject } from '../../transport/reply-json.ts';
import { CallCollector } from '../call-collector.ts';
import type { AnswerPart, ReplyReader, UpstreamUsage } from '../dialect.ts';
import { countOf, objectOf, objectsOf, textOf } from '../fields.ts';
import { logprobOf } from '../logprob.ts';
import { brokenOff, reportedError, reportsError } from '../reported-error.ts';

const DONE = '[DONE]';
const noUsage: UpstreamUsage = { prompt: 0, cached: 0, thinking: 0, output: 0 };

export class OpenAiReader implements ReplyReader {
  readonly #kind: 'chat' | 'completion';
  readonly #calls = new CallCollector();
  #usage = noUsage;
  #reason: string | undefined;
  #stopText: string | undefined;
  #isOver = false;

  constructor(kind: 'chat' | 'completion') {
    this.#kind = kind;
  }

  get collected(): number {
    return this.#calls.characters;
  }

  read({ data, name }: ReplyEvent): AnswerPart[] {
    if (this.#isOver) return [];
    if (isDone(data)) return this.end();
    const chunk = replyObject(data);
    if (reportsError(chunk) || name === 'error') throw reportedError(chunk);
    if (isJsonObject(chunk.usage)) this.#usage = usageOf(chunk.usage);
    // One choice is asked for. Of an upstream that sends more, the first is the answer.
    const choice = objectsOf(chunk, 'choices').find(({ index }) => (index ?? 0) === 0);
    return choice ? this.#choice(choice) : [];
  }

  end(): AnswerPart[] {
    if (this.#isOver) return [];
    if (this.#reason === undefined) throw brokenOff();
    this.#isOver = true;
    return [
      ...parts(emptyDelta, this.#calls.end()),
      {
        type: 'end',
        reason: this.#reason === 'length' ? 'length' : 'stop',
        ...(this.#stopText !== undefined && { stopText: this.#stopText }),
        usage: this.#usage,
      },
    ];
  }

  #choice(choice: JsonObject): AnswerPart[] {
    const reason = textOf(choice, 'finish_reason');
    if (reason !== '') this.#reason = reason;
    // vLLM tells which text ended the answer.
    if (typeof choice.stop_reason === 'string') this.#stopText = choice.stop_reason;
    if (this.#kind === 'completion') return parts({ ...emptyDelta, content: textOf(choice, 'text') }, []);
    const delta = objectOf(choice, 'delta');
    const calls: ToolCall[] = [];
    for (const fragment of objectsOf(delta, 'tool_calls')) {
      const called = objectOf(fragment, 'function');
      calls.push(
        ...this.#calls.add({
          index: typeof fragment.index === 'number' ? fragment.index : 0,
          id: textOf(fragment, 'id'),
          name: textOf(called, 'name'),
          text: argumentsIn(called),
        }),
      );
    }
    if (reason !== '') calls.push(...this.#calls.end());
    return parts(deltaTexts(delta, choice), calls);
  }
}

/** With white space around it, as some proxies leave it. */
function isDone(data: Uint8Array): boolean {
  if (data.length > 2 * DONE.length) return false;
  return Buffer.from(data).toString('latin1').trim() === DONE;
}

interface DeltaTexts {
  readonly content: string;
  readonly thinking: string;
  readonly logprobs: Logprob[];
}

const emptyDelta: DeltaTexts = { content: '', thinking: '', logprobs: [] };

function deltaTexts(delta: JsonObject, choice: JsonObject): DeltaTexts {
  return {
    content: textOf(delta, 'content') + textOf(delta, 'refusal'),
    thinking: textOf(delta, 'reasoning_content') || textOf(delta, 'reasoning'),
    logprobs: objectsOf(objectOf(choice, 'logprobs'), 'content').map(logprobOf),
  };
}

function argumentsIn(called: JsonObject): string {
  const { arguments: given } = called;
  return isJsonObject(given) ? JSON.stringify(given) : textOf(called, 'arguments');
}

function parts({ content, thinking, logprobs }: DeltaTexts, calls: readonly ToolCall[]): AnswerPart[] {
  if (content === '' && thinking === '' && calls.length === 0 && logprobs.length === 0) return [];
  return [{ type: 'text', content, thinking, calls, ...(logprobs.length > 0 && { logprobs }) }];
}

function usageOf(usage: JsonObject): UpstreamUsage {
  return {
    prompt: countOf(usage, 'prompt_tokens'),
    output: countOf(usage, 'completion_tokens'),
    cached: countOf(objectOf(usage, 'prompt_tokens_details'), 'cached_tokens'),
    thinking: countOf(objectOf(usage, 'completion_tokens_details'), 'reasoning_tokens'),
  };
}

/** @throws OllamaError `upstream` for a reply without vectors */
export function openAiVectors(reply: JsonObject): { vectors: number[][]; tokens: number } {
  const entries = objectsOf(reply, 'data');
  const vectors: number[][] = [];
  for (const [place, { index, embedding }] of entries.entries()) {
    const isPlace = Number.isInteger(index) && Number(index) >= 0 && Number(index) < entries.length;
    vectors[isPlace ? Number(index) : place] = vectorOf(embedding);
  }
  return { vectors, tokens: countOf(objectOf(reply, 'usage'), 'prompt_tokens') };
}

const FLOAT_BYTES = 4;

function vectorOf(embedding: unknown): number[] {
  if (Array.isArray(embedding)) return embedding.map(Number);
  if (typeof embedding !== 'string') {
    throw new OllamaError('upstream', 'it sent no vector', { status: 502 });
  }
  const bytes = Buffer.from(embedding, 'base64');
  return Array.from({ length: Math.floor(bytes.length / FLOAT_BYTES) }, (_, index) =>
    bytes.readFloatLE(index * FLOAT_BYTES),
  );
}
