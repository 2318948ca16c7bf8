import type { RunNotices } from '../../inference/completion/completion-run.ts';

type Headers = Readonly<Record<string, string>>;

/** Receives the notices of a run before its first chunk and turns them into reply headers. */
export class RunHeaders implements RunNotices {
  readonly #headers: Headers;
  #isTruncated = false;

  /** @param headers headers that the reply always has */
  constructor(headers: Headers) {
    this.#headers = headers;
  }

  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  promptTruncated(): void {
    this.#isTruncated = true;
  }

  /** All headers; complete once the first chunk has arrived. */
  all(): Headers {
    return { ...this.#headers, ...(this.#isTruncated && { 'X-Ollama-Prompt-Truncated': 'true' }) };
  }
}
