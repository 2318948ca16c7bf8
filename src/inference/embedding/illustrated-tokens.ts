import { OllamaError } from '../../base/errors.ts';
import type { EmbeddingFacts } from '../../protocol/load.ts';
import { type MediaTokens, tokenizeMarked } from '../media/media-prompt.ts';
import type { RequestMedia } from '../media/request-media.ts';
import type { TextRunner } from '../text-runner.ts';
import type { EmbedInput } from './illustrated-texts.ts';

interface Surroundings {
  readonly runner: TextRunner;
  readonly facts: EmbeddingFacts;
  readonly prepared: RequestMedia;
  /** The limit of the request, in tokens. */
  readonly contextLength: number;
}

/**
 * Tokenizes an input with pictures or sound, with the tokens that the vocabulary adds at its start and end. Such an input is never cut:
 * the vector would be that of another one.
 * @param index of the input, for errors
 * @throws OllamaError `invalid-request` for a model whose inputs cannot have any, `prompt-too-long`
 */
export async function illustratedTokens(
  { text, media }: EmbedInput,
  index: number,
  { runner, facts, prepared, contextLength }: Surroundings,
): Promise<MediaTokens> {
  const { maxMediaInputTokens } = facts;
  if (maxMediaInputTokens === undefined) throw cannotRead(media[0]?.place ?? 'images');
  const most = Math.min(maxMediaInputTokens, contextLength);
  const { start, end } = await specialTokens(runner);
  const found = await tokenizeMarked(runner, { text, media, mostRows: most }, prepared);
  if ('rows' in found) throw tooLong(index, `its pictures and sounds alone have ${found.rows} tokens`, most);
  const before = found.tokens[0] === start[0] ? [] : start;
  const after = found.tokens.at(-1) === end.at(-1) ? [] : end;
  const tokens = [...before, ...found.tokens, ...after];
  if (tokens.length > most) throw tooLong(index, `it has ${tokens.length} tokens`, most);
  return {
    tokens,
    spans: found.spans.map((span) => ({ ...span, start: span.start + before.length })),
  };
}

/** What the vocabulary adds to an empty text. */
async function specialTokens(
  runner: TextRunner,
): Promise<{ readonly start: readonly number[]; readonly end: readonly number[] }> {
  const added = await runner.tokenize('', { addSpecial: true, parseSpecial: true });
  const { addsBos, bos } = runner.facts;
  const count = addsBos && added[0] === bos ? 1 : 0;
  return { start: added.slice(0, count), end: added.slice(count) };
}

function cannotRead(place: string): OllamaError {
  const message = `"${place}" cannot be embedded by this model: it reads an input in both directions at once, or the log of the server says why its projector is not loaded; leave images out`;
  return new OllamaError('invalid-request', message);
}

function tooLong(index: number, size: string, most: number): OllamaError {
  const message = `input ${index} exceeds the context length: ${size}, and the limit is ${most}; inputs with pictures are not cut, so send a shorter text, or fewer or smaller pictures`;
  return new OllamaError('prompt-too-long', message);
}
