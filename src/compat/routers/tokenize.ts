/**
 * `/tokenize` and `/detokenize` of vLLM (0.33, `entrypoints/serve/tokenize/protocol.py`) and of SGLang (0.5.23,
 * `entrypoints/openai/serving_tokenize.py`), which takes lists as well.
 */
import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import { loadFields } from '../../api/load-fields.ts';
import { requestObject } from '../../api/request-object.ts';
import type { DetokenizeRequest, TokenizeRequest } from '../../api/tokenize.ts';
import { OllamaError } from '../../base/errors.ts';
import { chatCompletionFields } from '../openai/chat-request.ts';
import { isTokenList } from '../openai/texts-or-tokens.ts';

/** Texts or lists of tokens in one request: each of them is a run of its own. */
const MAX_LISTED = 64;

const promptSchema = z.union([z.string(), listOf(z.string(), MAX_LISTED)], {
  error: 'prompt must be a string or a list of strings',
});

/** POST /tokenize: a text, a list of texts, or a chat whose prompt is meant. */
export const routerTokenizeSchema = requestObject({
  ...chatCompletionFields,
  prompt: promptSchema.exactOptional(),
  /** Default: true for a text, and as for an answer for a chat. */
  add_special_tokens: z.boolean().exactOptional(),
  return_token_strs: z.boolean().exactOptional(),
});

export type RouterTokenizeRequest = z.infer<typeof routerTokenizeSchema>;

/** POST /detokenize: a list of tokens, or a list of such lists. */
export const routerDetokenizeSchema = requestObject({
  ...loadFields,
  tokens: tokenListsSchema(),
  /** Default: false, as in vLLM; true is SGLang's default. */
  skip_special_tokens: z.boolean().exactOptional(),
});

type RouterDetokenizeRequest = z.infer<typeof routerDetokenizeSchema>;

/** The first element decides which form it is, so that a long list is read once. */
function tokenListsSchema() {
  const message =
    'tokens must be a list of tokens, which are integers of at least 0, or a list of such lists';
  const tokens = { type: 'array', items: { type: 'integer', minimum: 0 } };
  return z
    .custom<unknown>()
    .transform((value: unknown, context): { lists: number[][]; isOne: boolean } => {
      if (Array.isArray(value) && value.length > 0 && Array.isArray(value[0])) {
        if (value.length > MAX_LISTED)
          context.addIssue({ code: 'custom', message: `tokens must have at most ${MAX_LISTED} lists` });
        else if (value.every(isTokenList)) return { lists: value, isOne: false };
        else context.addIssue({ code: 'custom', message });
      } else if (isTokenList(value)) return { lists: [value], isOne: true };
      else context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ anyOf: [tokens, { type: 'array', maxItems: MAX_LISTED, items: tokens }] });
}

/** The native form of each list of tokens. */
export function tokensToRead(request: RouterDetokenizeRequest): DetokenizeRequest[] {
  const { tokens, skip_special_tokens, ...load } = request;
  const skips = skip_special_tokens === undefined ? {} : { skip_special: skip_special_tokens };
  return tokens.lists.map((list) => ({ ...load, ...skips, tokens: list }));
}

/** @throws OllamaError `invalid-request` for two wishes that contradict each other, as in vLLM */
export function requireOneEnding(request: RouterTokenizeRequest): void {
  if (!request.continue_final_message || !request.add_generation_prompt) return;
  throw new OllamaError(
    'invalid-request',
    '"continue_final_message" and "add_generation_prompt" cannot both be true: the message either goes on or ends',
  );
}

/** The native form of a request with a text. */
export function textToRead(
  request: Pick<RouterTokenizeRequest, 'model' | 'add_special_tokens' | 'return_token_strs' | 'keep_alive'>,
  content: string,
): TokenizeRequest {
  const { model, keep_alive, add_special_tokens = true, return_token_strs = false } = request;
  return {
    ...(model !== undefined && { model }),
    ...(keep_alive !== undefined && { keep_alive }),
    content,
    add_special: add_special_tokens,
    with_pieces: return_token_strs,
  };
}

/** What one text became. */
interface Tokenized {
  readonly tokens: readonly number[];
  readonly contextLength: number;
  readonly pieces?: readonly string[];
}

interface TokenReply {
  readonly count: number;
  /** Tokens in one context of the loaded model. */
  readonly max_model_len: number;
  readonly tokens: readonly number[];
  readonly token_strs?: readonly string[];
}

export function tokenReply({ tokens, contextLength, pieces }: Tokenized): TokenReply {
  return {
    count: tokens.length,
    max_model_len: contextLength,
    tokens: tokens.map(wireToken),
    ...(pieces && { token_strs: pieces }),
  };
}

interface TokenListsReply {
  readonly count: readonly number[];
  readonly max_model_len: number;
  readonly tokens: readonly (readonly number[])[];
  readonly token_strs?: readonly (readonly string[])[];
}

/** The reply to a list of texts, as SGLang writes it. */
export function tokenListsReply(all: readonly Tokenized[]): TokenListsReply {
  const strings = all.flatMap(({ pieces }) => (pieces ? [pieces] : []));
  return {
    count: all.map(({ tokens }) => tokens.length),
    max_model_len: all[0]?.contextLength ?? 0,
    tokens: all.map(({ tokens }) => tokens.map(wireToken)),
    ...(strings.length > 0 && { token_strs: strings }),
  };
}

const decoder = new TextDecoder();

/** The text of a token as vLLM shows it: bytes that are not whole characters become replacement characters. */
export function tokenText(_token: number, bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** vLLM calls the text of tokens `prompt`, SGLang calls it `text`. */
export function textReply(content: string | readonly string[]): object {
  return { prompt: content, text: content };
}

const UINT32 = 2 ** 32;

/** Routers read tokens as numbers of 32 bits without a sign; ours are negative where a picture or sound lies. */
export function wireToken(token: number): number {
  return token < 0 ? UINT32 + token : token;
}
