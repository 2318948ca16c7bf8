/** The thinking of runs in progress, which whoever asked for them may end, so that the answer begins. */
import { OllamaError } from '../../base/errors.ts';
import type { ThinkingMarks } from '../../chat/answer/thinking-prefix.ts';
import type { Caller } from '../caller.ts';
import type { OutputPart } from './completion-reader.ts';

/** What a run tells about its thinking. */
export interface ThinkingRun {
  /** Aborts when the thinking is to end; the answer follows. */
  readonly signal: AbortSignal;
  /** Called before the completion. @param marks of its thinking; undefined = there are none */
  begun(marks: ThinkingMarks | undefined): void;
  /** Called with each part of the output. */
  said(part: OutputPart): void;
}

/** Who asks to end the thinking of a run. */
export interface Asker {
  /** ID of the API key; absent = there is none. */
  readonly keyId?: string | undefined;
  /** Whether it may end the thinking of all. */
  readonly isAdmin: boolean;
}

type State = 'waiting' | 'without thinking' | 'thinking' | 'answering';

class Run implements ThinkingRun {
  readonly #ending = new AbortController();
  readonly owner: string;
  state: State = 'waiting';

  constructor(owner: string) {
    this.owner = owner;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  begun(marks: ThinkingMarks | undefined): void {
    this.state = marks ? 'thinking' : 'without thinking';
  }

  said({ content, calls }: OutputPart): void {
    if (this.state === 'thinking' && (content.trim() !== '' || calls.length > 0)) this.state = 'answering';
  }

  endThinking(): void {
    this.#ending.abort();
  }
}

/** The runs in progress by the IDs of their requests. Clients choose these, so several may have one. */
export class ThinkingRuns {
  readonly #runs = new Map<string, Set<Run>>();

  /** @returns `run`, and `end` to be called when it has ended */
  begin({ requestId, key }: Pick<Caller, 'requestId' | 'key'>): { run: ThinkingRun; end: () => void } {
    const run = new Run(key?.id ?? '');
    if (requestId === undefined || requestId === '') return { run, end: () => undefined };
    const others = this.#runs.get(requestId) ?? new Set();
    this.#runs.set(requestId, others.add(run));
    const end = () => {
      others.delete(run);
      if (others.size === 0 && this.#runs.get(requestId) === others) this.#runs.delete(requestId);
    };
    return { run, end };
  }

  /**
   * Ends the thinking of a request in progress: of all its answers, if it asked for several.
   * @returns false where the answer had begun already
   * @throws OllamaError `not-found` for a request that is not running, or is another client's; `invalid-request` (409) for
   * one without thinking that can be ended
   */
  end(requestId: string, { keyId = '', isAdmin }: Asker): boolean {
    const runs = [...(this.#runs.get(requestId) ?? [])].filter(({ owner }) => isAdmin || owner === keyId);
    if (runs.length === 0) {
      const message = `no request with the ID ${JSON.stringify(requestId)} is running: the ID is in its header X-Request-Id`;
      throw new OllamaError('not-found', message);
    }
    if (runs.every(({ state }) => state === 'without thinking')) {
      const message =
        'the answer has no thinking that can be ended: its model does not think now, or marks no end of it';
      throw new OllamaError('invalid-request', message, { status: CONFLICT });
    }
    const thinking = runs.filter(({ state }) => state === 'thinking' || state === 'waiting');
    for (const run of thinking) run.endThinking();
    return thinking.length > 0;
  }
}

const CONFLICT = 409;
