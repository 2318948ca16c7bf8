import type {
  DetokenizeRequest,
  DetokenizeResponse,
  TokenizeRequest,
  TokenizeResponse,
  TokenPiece,
} from '../api/tokenize.ts';
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { Caller } from './caller.ts';
import { type InferenceParts, ModelAccess, tryPulling } from './loading/model-access.ts';

/** About a million tokens; longer texts would stall the model's other requests for seconds. */
const MAX_CHARACTERS = 4 * MIB;

/** Converts texts to token IDs and back, with the model's own vocabulary. */
export class TextTokens {
  readonly #models: ModelAccess;

  constructor(parts: InferenceParts) {
    this.#models = new ModelAccess(parts);
  }

  async tokenize(request: TokenizeRequest, caller: Caller): Promise<TokenizeResponse> {
    const text = request.content ?? request.text;
    if (text === undefined) throw new OllamaError('invalid-request', 'content is required');
    if (text.length > MAX_CHARACTERS) {
      const message = `the content has ${text.length} characters, but the maximum is ${MAX_CHARACTERS}: send it in parts`;
      throw new OllamaError('invalid-request', message);
    }
    const model = await this.#models.find(request.model ?? '', tryPulling);
    await using lease = await this.#models.acquire(this.#models.prepare(model, request), caller);
    const options = {
      addSpecial: request.add_special ?? false,
      parseSpecial: request.parse_special ?? true,
    };
    const tokens = await lease.runner.tokenize(text, options, caller.signal);
    if (!request.with_pieces) return { tokens };
    const pieces = await lease.runner.pieces(tokens);
    return {
      tokens: tokens.map((id, index) => ({ id, piece: wirePiece(pieces[index] ?? new Uint8Array()) })),
    };
  }

  /** @throws OllamaError `invalid-request` for a token that is not in the vocabulary */
  async detokenize(request: DetokenizeRequest, caller: Caller): Promise<DetokenizeResponse> {
    const model = await this.#models.find(request.model ?? '', tryPulling);
    await using lease = await this.#models.acquire(this.#models.prepare(model, request), caller);
    return { content: await lease.runner.detokenize(request.tokens) };
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
