import { z } from 'zod';
import { contextSchema } from './common.ts';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** POST /api/tokenize (not in Ollama's API; fields as in llama.cpp's server) */
export const tokenizeRequestSchema = requestObject({
  ...loadFields,
  content: z.string().exactOptional(),
  /** Another name for `content`. */
  text: z.string().exactOptional(),
  /** Put the model's start and end tokens around it; default false. */
  add_special: z.boolean().exactOptional(),
  /** Read marks such as `<|im_start|>` as the tokens they name; default true. */
  parse_special: z.boolean().exactOptional(),
  with_pieces: z.boolean().exactOptional(),
});

export type TokenizeRequest = z.infer<typeof tokenizeRequestSchema>;

export interface TokenPiece {
  id: number;
  /** Its text, or its bytes where they are no whole characters. */
  piece: string | number[];
}

export interface TokenizeResponse {
  /** Ids, or with `with_pieces` ids and texts. */
  tokens: number[] | TokenPiece[];
}

/** POST /api/detokenize */
export const detokenizeRequestSchema = requestObject({ ...loadFields, tokens: contextSchema });

export type DetokenizeRequest = z.infer<typeof detokenizeRequestSchema>;

export interface DetokenizeResponse {
  content: string;
}
