/** Checks what the parent says about the media of a prompt, before the library sees any of it. */
import { OllamaError } from '../../base/errors.ts';
import type { CompletionRequest } from '../../protocol/completion.ts';
import type { MediaFacts } from '../../protocol/load.ts';
import {
  MAX_PIECE_BYTES,
  MAX_PIECE_TOKENS,
  type MediaSpan,
  pieceBytes,
  pseudoTokens,
} from '../../protocol/media.ts';
import { endOf } from './spans.ts';

const digestPattern = /^[0-9a-f]{64}$/;

/**
 * @param facts absent = the model takes no media
 * @throws OllamaError `invalid-request` naming the piece
 */
export function checkMedia(
  { prompt, media = [] }: Pick<CompletionRequest, 'prompt' | 'media'>,
  facts: MediaFacts | undefined,
): void {
  if (media.length > 0 && !facts)
    throw new OllamaError(
      'invalid-request',
      'the model is loaded without an encoder of pictures or sound (the log of the server says why): leave them out',
    );
  let end = 0;
  for (const [index, span] of media.entries()) {
    const problem = facts && problemOf(span, facts, prompt, end);
    if (problem) throw new OllamaError('invalid-request', `piece ${index + 1} of the media ${problem}`);
    end = endOf(span);
  }
}

/** The tokens of a prompt without those that stand for rows. */
export function textTokens({
  prompt,
  media = [],
}: Pick<CompletionRequest, 'prompt' | 'media'>): readonly number[] {
  if (media.length === 0) return prompt;
  const text = [0, ...media.map(endOf)].map((from, index) => prompt.slice(from, media[index]?.start));
  return text.flat();
}

function problemOf(
  span: MediaSpan,
  facts: MediaFacts,
  prompt: readonly number[],
  end: number,
): string | undefined {
  const { kind, start, tokens, positions } = span;
  if (!facts.kinds.includes(kind)) return `is of a kind that the model does not take: "${kind}"`;
  if (!isCount(tokens) || tokens > Math.min(facts.mostTokens, MAX_PIECE_TOKENS))
    return `has ${tokens} tokens, but at most ${facts.mostTokens} are possible`;
  if (!Number.isInteger(start) || start < end || start + tokens > prompt.length)
    return 'lies outside of the prompt or in another piece';
  if (!isCount(span.width) || !isCount(span.height) || pieceBytes(span) > MAX_PIECE_BYTES)
    return `has a size that is not possible: ${span.width} x ${span.height}`;
  if (positions !== expectedPositions(span, facts))
    return `takes ${positions} positions, which does not fit its rows`;
  if (!digestPattern.test(span.digest)) return 'has no valid digest';
  const isMarked = pseudoTokens(span).every((token, index) => prompt[start + index] === token);
  return isMarked ? undefined : 'has other pseudo tokens in the prompt';
}

/** Undefined = a grid that does not fit the rows. */
function expectedPositions(
  { tokens, grid }: MediaSpan,
  { hasGridPositions }: MediaFacts,
): number | undefined {
  if (!hasGridPositions || !grid) return tokens;
  const { columns, lines } = grid;
  const fits = isCount(columns) && isCount(lines) && columns * lines === tokens;
  return fits ? Math.max(columns, lines) : undefined;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}
