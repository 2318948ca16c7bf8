import type {
  DetokenizeRequest,
  DetokenizeResponse,
  TokenizeRequest,
  TokenizeResponse,
  TokenPiece,
} from '../api/tokenize.ts';
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { Caller } from './caller.ts';
import { inputNeed } from './limiting/guessed-tokens.ts';
import type { RunAllowance } from './limiting/run-allowance.ts';
import { listedName } from './loading/configured-models.ts';
import { type InferenceParts, ModelAccess, tryPulling } from './loading/model-access.ts';
import type { RunWatch } from './observing/run-watch.ts';
import { watched } from './observing/watched.ts';
import { textOwner, textRunner } from './text-runner.ts';

/** About a million tokens; longer texts would stall the model's other requests for seconds. */
const MAX_CHARACTERS = 4 * MIB;

/** What a text became. */
export interface ReadText {
  readonly tokens: readonly number[];
  /** The bytes of each token; absent = nobody asked for them. */
  readonly pieces?: readonly Uint8Array[];
  /** Tokens in a slot of the loaded model. */
  readonly contextLength: number;
}

/** Converts texts to token IDs and back, with the model's own vocabulary. */
export class TextTokens {
  readonly #parts: InferenceParts;
  readonly #models: ModelAccess;

  constructor(parts: InferenceParts) {
    this.#parts = parts;
    this.#models = new ModelAccess(parts);
  }

  async tokenize(request: TokenizeRequest, caller: Caller): Promise<TokenizeResponse> {
    const { tokens, pieces } = await this.read(request, caller);
    if (!pieces) return { tokens: [...tokens] };
    return {
      tokens: tokens.map((id, index) => ({ id, piece: wirePiece(pieces[index] ?? new Uint8Array()) })),
    };
  }

  /** Tokenizes a text, for replies of any form. */
  read(request: TokenizeRequest, caller: Caller): Promise<ReadText> {
    return watched({ kind: 'tokenize', caller }, this.#parts, (...run) =>
      this.#read(request, caller, ...run),
    );
  }

  /** @throws OllamaError `invalid-request` for a token that is not in the vocabulary */
  detokenize(request: DetokenizeRequest, caller: Caller): Promise<DetokenizeResponse> {
    return watched({ kind: 'tokenize', caller }, this.#parts, async (watch, allowance) => {
      const { length } = request.tokens;
      await allowance.enter(() => ({ prompt: length, answer: 0, isExplicit: true }));
      await using lease = await this.#lease(request, caller, watch);
      const content = await lease.runner.detokenize(request.tokens);
      watch.done('done');
      allowance.end(length);
      return { content };
    });
  }

  async #read(
    request: TokenizeRequest,
    caller: Caller,
    watch: RunWatch,
    allowance: RunAllowance,
  ): Promise<ReadText> {
    const text = request.content ?? request.text;
    if (text === undefined) throw new OllamaError('invalid-request', 'content is required');
    if (text.length > MAX_CHARACTERS) {
      const message = `the content has ${text.length} characters, but the maximum is ${MAX_CHARACTERS}: send it in parts`;
      throw new OllamaError('invalid-request', message);
    }
    await allowance.enter(() => inputNeed([text]));
    await using lease = await this.#lease(request, caller, watch);
    const options = {
      addSpecial: request.add_special ?? false,
      parseSpecial: request.parse_special ?? true,
    };
    const tokens = await textRunner(lease.runner, textOwner(caller)).tokenize(text, options);
    watch.done('done');
    allowance.end(tokens.length);
    const { contextLength } = lease.runner.facts;
    if (!request.with_pieces) return { tokens, contextLength };
    return { tokens, contextLength, pieces: await lease.runner.pieces(tokens) };
  }

  async #lease(
    request: TokenizeRequest | DetokenizeRequest,
    caller: Caller,
    watch: RunWatch,
  ): Promise<Lease> {
    const model = await this.#models.find(request.model ?? '', caller.key, tryPulling);
    watch.found(listedName(model));
    return this.#models.acquireForTexts(this.#models.prepare(model, request, caller.key), caller, { watch });
  }
}

/** Text if the bytes are valid UTF-8, otherwise the bytes: a character may span several tokens. */
function wirePiece(bytes: Uint8Array): TokenPiece['piece'] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [...bytes];
  }
}
