import type { CompletionLogprob } from '../../protocol/completion.ts';
import { BannedScanner, type TokenText } from './banned-scanner.ts';
import { StopScanner } from './stop-scanner.ts';
import { Utf8Holder, unfinishedCharacter } from './utf8-holder.ts';

export interface TextPiece {
  readonly text: string;
  readonly logprobs?: readonly CompletionLogprob[];
}

export interface PushedText {
  /** Text that may be shown now, if any. */
  readonly piece: TextPiece | undefined;
  /** Whether a stop string ended the completion. */
  readonly stopped: boolean;
  /** Index of the token in which a banned string begins. This text has stepped back to before that token. */
  readonly bannedFrom?: number;
}

interface HeldToken extends TokenText {
  readonly logprob: CompletionLogprob | undefined;
  /** Bytes of an unfinished character from earlier tokens. */
  readonly begun: Uint8Array;
}

const noBytes = new Uint8Array();

/**
 * Turns a completion's tokens into text that may be shown: whole characters, without stop strings or banned strings.
 */
export class CompletionText {
  #holder = new Utf8Holder();
  readonly #scanner: StopScanner;
  readonly #banned: BannedScanner<HeldToken> | undefined;
  #logprobs: CompletionLogprob[] = [];
  #tokens = 0;
  #begun: Uint8Array = noBytes;

  constructor(stops: readonly string[], banned: readonly string[] = []) {
    this.#scanner = new StopScanner(stops);
    this.#banned = banned.length === 0 ? undefined : new BannedScanner(banned);
  }

  /** The stop string that ended the completion. */
  get stopText(): string | undefined {
    return this.#scanner.found;
  }

  /** Takes the bytes of the next token. */
  push(bytes: Uint8Array, logprob?: CompletionLogprob): PushedText {
    const text = this.#holder.push(bytes);
    if (this.#banned === undefined) return this.#show([{ text, logprob }]);
    const begun = this.#begun;
    this.#begun = unfinishedCharacter(Buffer.concat([begun, bytes]));
    const { released, banned } = this.#banned.push({ token: this.#tokens++, text, logprob, begun });
    if (banned === undefined) return this.#show(released);
    this.#stepBack(banned);
    return { piece: undefined, stopped: false, bannedFrom: banned.token };
  }

  /** The text held back, once the completion has ended without a stop string. */
  flush(): TextPiece | undefined {
    const last = { text: this.#holder.flush(), logprob: undefined };
    const { text, stopped } = this.#scan([...(this.#banned?.flush() ?? []), last]);
    return this.#take(stopped ? text : text + this.#scanner.flush(), true);
  }

  #show(tokens: readonly Pick<HeldToken, 'text' | 'logprob'>[]): PushedText {
    const { text, stopped } = this.#scan(tokens);
    return { piece: this.#take(text), stopped };
  }

  #scan(tokens: readonly Pick<HeldToken, 'text' | 'logprob'>[]): { text: string; stopped: boolean } {
    let shown = '';
    for (const { text: added, logprob } of tokens) {
      if (logprob) this.#logprobs.push(logprob);
      const { text, stopped } = this.#scanner.push(added);
      shown += text;
      if (stopped) return { text: shown, stopped };
    }
    return { text: shown, stopped: false };
  }

  #stepBack({ token, begun }: HeldToken): void {
    this.#tokens = token;
    this.#begun = begun;
    this.#holder = new Utf8Holder();
    this.#holder.push(begun);
  }

  /** Log probabilities are sent with the next text that is shown, at the end without any. */
  #take(text: string, isLast = false): TextPiece | undefined {
    if (text === '' && !(isLast && this.#logprobs.length > 0)) return undefined;
    if (this.#logprobs.length === 0) return { text };
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    return { text, logprobs };
  }
}
