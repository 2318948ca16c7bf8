import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';

/** At most this many end tokens are kept; real models have up to five. */
const MOST_END_TOKENS = 64;

/**
 * All tokens that end a completion, the end of the sequence first: the one found by llama.cpp's rules, then those of
 * config.json and generation_config.json, whose `eos_token_id` may be lists.
 */
export function findEndTokens(
  known: number | undefined,
  config: JsonObject,
  generation: JsonObject | undefined,
  tokenCount: number,
): number[] {
  const inner = config.text_config;
  const stated = [config, isJsonObject(inner) ? inner : {}, generation ?? {}].flatMap(
    ({ eos_token_id: ids }): unknown[] => (Array.isArray(ids) ? ids.slice(0, MOST_END_TOKENS) : [ids]),
  );
  const valid = [known, ...stated].filter(
    (id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokenCount,
  );
  return [...new Set(valid)].slice(0, MOST_END_TOKENS);
}

/** Texts of tokens at which llama.cpp ends a completion without being told (llama-vocab.cpp). */
const knownEnds = new Set([
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|flush|>',
  '<|calls|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '</s>',
  '<|eom_id|>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
  '<|end_of_text|>',
  '<end_of_utterance>',
  '<eos>',
  '<turn|>',
  '<|tool_response>',
  '<｜end▁of▁sentence｜>',
  '[e~[',
]);

/**
 * Roles for end tokens that other engines would not know: the first one becomes the end of a turn, the second the end of a
 * message. Our engine reads the whole list, `tokenizer.ggml.eos_token_ids`.
 */
export function furtherEndRoles(
  ends: readonly number[],
  textOf: (id: number) => string | undefined,
  taken: ReadonlyMap<string, number>,
): Map<string, number> {
  const free = ['eot', 'eom'].filter((role) => !taken.has(role));
  const named = new Set(taken.values());
  const unknown = ends.slice(1).filter((id) => !named.has(id) && !knownEnds.has(textOf(id) ?? ''));
  return new Map(
    free.flatMap((role, index) => {
      const id = unknown[index];
      return id === undefined ? [] : [[role, id] as const];
    }),
  );
}
