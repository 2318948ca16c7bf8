import type { IgnoredParts } from '../../api/ignored-parts.ts';
import type { RunNotices } from '../../inference/completion/completion-run.ts';

type Headers = Readonly<Record<string, string>>;

/** Receives the notices of a run before its first chunk and turns them into reply headers. */
export class RunHeaders implements RunNotices {
  readonly #ignored: IgnoredParts;
  readonly showsQueue: boolean;
  #isTruncated = false;
  #isFallback = false;
  #contextLength: number | undefined;
  #answerLimit: number | undefined;

  /**
   * @param ignored what the request itself leaves without effect; the run may add to it
   * @param showsQueue whether the reply has a place for chunks that say what the run waits for
   */
  constructor(ignored: IgnoredParts, { showsQueue = false }: Pick<RunNotices, 'showsQueue'> = {}) {
    this.#ignored = ignored;
    this.showsQueue = showsQueue;
  }

  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  ignored(name: string): void {
    this.#ignored.add(name);
  }

  promptTruncated(): void {
    this.#isTruncated = true;
  }

  templateFallback(): void {
    this.#isFallback = true;
  }

  answerLimited(tokens: number): void {
    this.#answerLimit = Math.min(tokens, this.#answerLimit ?? tokens);
  }

  contextGrown(contextLength: number): void {
    this.#contextLength = contextLength;
  }

  /** All headers; complete once the first chunk has arrived. */
  all(): Headers {
    return {
      ...ignoredHeader(this.#ignored),
      ...(this.#isTruncated && { 'X-Ollama-Prompt-Truncated': 'true' }),
      ...(this.#isFallback && { 'X-Ollama-Template': 'fallback' }),
      ...(this.#contextLength !== undefined && { 'X-Ollama-Context': String(this.#contextLength) }),
      ...(this.#answerLimit !== undefined && { 'X-Ollama-Max-Tokens': String(this.#answerLimit) }),
    };
  }
}

/** The header that lists ignored parts; none if there are none. */
export function ignoredHeader({ names }: IgnoredParts): Headers {
  return names.length > 0 ? { 'X-Ollama-Ignored': headerList(names) } : {};
}

/** Joins names with commas. Header values must be ASCII, so other characters and commas become "?". */
function headerList(names: readonly string[]): string {
  return names.map((name) => name.replace(/^ | $|[^ !-+\--~]/g, '?')).join(', ');
}
