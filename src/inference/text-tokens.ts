import type {
  DetokenizeRequest,
  DetokenizeResponse,
  TokenizeRequest,
  TokenizeResponse,
  TokenPiece,
} from '../api/tokenize.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { Runner } from '../runner/runner.ts';
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

/** So many take a millisecond or two. */
const PIECES_AT_ONCE = 2048;
const NOTHING = new Uint8Array();

/** What a token is shown as. */
type PieceOf<Piece> = (token: number, bytes: Uint8Array) => Piece;

/** What a text became. */
export interface ReadText<Piece> {
  readonly tokens: readonly number[];
  /** One for each token; absent = nobody asked for them. */
  readonly pieces?: readonly Piece[];
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
    const pieceOf = (id: number, bytes: Uint8Array) => ({ id, piece: wirePiece(bytes) });
    const { tokens, pieces } = await this.read(request, caller, pieceOf);
    return { tokens: pieces ? [...pieces] : [...tokens] };
  }

  /** Tokenizes a text, for replies of any form. */
  read<Piece>(request: TokenizeRequest, caller: Caller, pieceOf: PieceOf<Piece>): Promise<ReadText<Piece>> {
    return watched({ kind: 'tokenize', caller }, this.#parts, (...run) =>
      this.#read(request, { caller, pieceOf }, ...run),
    );
  }

  /** @throws OllamaError `invalid-request` for a token that is not in the vocabulary */
  detokenize(request: DetokenizeRequest, caller: Caller): Promise<DetokenizeResponse> {
    return watched({ kind: 'tokenize', caller }, this.#parts, async (watch, allowance) => {
      const { length } = request.tokens;
      await allowance.enter(() => ({ prompt: length, answer: 0, isExplicit: true }));
      await using lease = await this.#lease(request, caller, watch);
      const content = await lease.runner.detokenize(request.tokens, request.skip_special);
      watch.done('done');
      allowance.end(length);
      return { content };
    });
  }

  /** What each token of a prompt is shown as: those of pictures and sounds have no bytes. */
  pieces<Piece>(
    { model, tokens }: Pick<DetokenizeRequest, 'model' | 'tokens'>,
    caller: Caller,
    pieceOf: PieceOf<Piece>,
  ): Promise<Piece[]> {
    return watched({ kind: 'tokenize', caller }, this.#parts, async (watch, allowance) => {
      await allowance.enter(() => ({ prompt: 0, answer: 0, isExplicit: true }));
      await using lease = await this.#lease({ ...(model !== undefined && { model }), tokens }, caller, watch);
      const { signal } = caller;
      const texts = tokens.filter((token) => token >= 0);
      const shown = await piecesOf(lease.runner, texts, { signal, pieceOf });
      watch.done('done');
      allowance.end(0);
      let next = 0;
      return tokens.map((token) => (token >= 0 ? shown[next++] : undefined) ?? pieceOf(token, NOTHING));
    });
  }

  async #read<Piece>(
    request: TokenizeRequest,
    { caller, pieceOf }: { readonly caller: Caller; readonly pieceOf: PieceOf<Piece> },
    watch: RunWatch,
    allowance: RunAllowance,
  ): Promise<ReadText<Piece>> {
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
    return {
      tokens,
      contextLength,
      pieces: await piecesOf(lease.runner, tokens, { signal: caller.signal, pieceOf }),
    };
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

/** Little by little, so that neither the model's other requests nor those of the server wait for a long text. */
async function piecesOf<Piece>(
  runner: Pick<Runner, 'pieces'>,
  tokens: readonly number[],
  { signal, pieceOf }: { readonly signal: AbortSignal; readonly pieceOf: PieceOf<Piece> },
): Promise<Piece[]> {
  const shown: Piece[] = [];
  for (let start = 0; start < tokens.length; start += PIECES_AT_ONCE) {
    throwIfCanceled(signal);
    const some = tokens.slice(start, start + PIECES_AT_ONCE);
    const pieces = await runner.pieces(some);
    for (const [index, token] of some.entries()) shown.push(pieceOf(token, pieces[index] ?? NOTHING));
  }
  return shown;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text if the bytes are valid UTF-8, otherwise the bytes: a character may span several tokens. */
function wirePiece(bytes: Uint8Array): TokenPiece['piece'] {
  try {
    return strict.decode(bytes);
  } catch {
    return [...bytes];
  }
}
