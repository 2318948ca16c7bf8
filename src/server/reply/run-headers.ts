import type { RunNotices } from '../../inference/completion/completion-run.ts';

type Headers = Readonly<Record<string, string>>;

/** Hears what a run tells before its first chunk, and puts it into the headers of the reply. */
export class RunHeaders implements RunNotices {
  readonly #headers: Headers;
  #isTruncated = false;

  /** @param headers that the reply has anyway */
  constructor(headers: Headers) {
    this.#headers = headers;
  }

  promptTruncated(): void {
    this.#isTruncated = true;
  }

  /** As far as they are known when the first chunk is there. */
  all(): Headers {
    return { ...this.#headers, ...(this.#isTruncated && { 'X-Ollama-Prompt-Truncated': 'true' }) };
  }
}
