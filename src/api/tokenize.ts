import { z } from 'zod';
import { contextSchema } from './common.ts';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** POST /api/tokenize (not in Ollama's API; the fields are those of llama.cpp's server) */
export const tokenizeRequestSchema = requestObject({
  ...loadFields,
  content: z.string().exactOptional(),
  /** Another name for `content`. */
  text: z.string().exactOptional(),
  /** Add the model's start and end tokens; default false. */
  add_special: z.boolean().exactOptional(),
  /** Parse markers such as `<|im_start|>` as the tokens they name; default true. */
  parse_special: z.boolean().exactOptional(),
  with_pieces: z.boolean().exactOptional(),
});

export type TokenizeRequest = z.infer<typeof tokenizeRequestSchema>;

export interface TokenPiece {
  id: number;
  /** The text of the token, or its bytes when they are not whole characters. */
  piece: string | number[];
}

export interface TokenizeResponse {
  /** Token IDs, or IDs and texts with `with_pieces`. */
  tokens: number[] | TokenPiece[];
}

/** POST /api/detokenize */
export const detokenizeRequestSchema = requestObject({
  ...loadFields,
  tokens: contextSchema,
  /** Leave out the text of control tokens such as `<|im_start|>`; default false. */
  skip_special: z.boolean().exactOptional(),
});

export type DetokenizeRequest = z.infer<typeof detokenizeRequestSchema>;

export interface DetokenizeResponse {
  content: string;
}
