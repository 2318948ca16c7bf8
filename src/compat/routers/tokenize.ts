/** vLLM's `/tokenize` and `/detokenize` (0.33, `entrypoints/serve/tokenize/protocol.py`), with the names of SGLang's replies. */
import { z } from 'zod';
import { requestObject } from '../../api/request-object.ts';
import { detokenizeRequestSchema, type TokenizeRequest } from '../../api/tokenize.ts';
import { chatCompletionFields } from '../openai/chat-request.ts';

/** POST /tokenize: either a text, or a chat whose prompt is meant. */
export const routerTokenizeSchema = requestObject({
  ...chatCompletionFields,
  prompt: z.string().exactOptional(),
  /** Default: true for a text, and as for an answer for a chat. */
  add_special_tokens: z.boolean().exactOptional(),
  return_token_strs: z.boolean().exactOptional(),
});

export type RouterTokenizeRequest = z.infer<typeof routerTokenizeSchema>;

/** POST /detokenize */
export const routerDetokenizeSchema = detokenizeRequestSchema;

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

interface TokenReply {
  readonly count: number;
  /** Tokens in one context of the loaded model. */
  readonly max_model_len: number;
  readonly tokens: readonly number[];
  readonly token_strs?: readonly string[];
}

export function tokenReply(
  tokens: readonly number[],
  maxModelLength: number,
  pieces?: readonly Uint8Array[],
): TokenReply {
  const decoder = new TextDecoder();
  return {
    count: tokens.length,
    max_model_len: maxModelLength,
    tokens: tokens.map(wireToken),
    ...(pieces && { token_strs: pieces.map((bytes) => decoder.decode(bytes)) }),
  };
}

/** vLLM calls the text of tokens `prompt`, SGLang calls it `text`. */
export function textReply(content: string): { prompt: string; text: string } {
  return { prompt: content, text: content };
}

const UINT32 = 2 ** 32;

/** Routers read tokens as numbers of 32 bits without a sign; ours are negative where a picture or sound lies. */
export function wireToken(token: number): number {
  return token < 0 ? UINT32 + token : token;
}
