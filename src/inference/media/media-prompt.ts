import { OllamaError } from '../../base/errors.ts';
import { type MediaSpan, pseudoTokens } from '../../protocol/media.ts';
import type { TextRunner } from '../text-runner.ts';
import { splitAtMarks } from './marked-text.ts';
import type { Medium } from './medium.ts';
import { type PlacedPart, type RequestMedia, rowsOf } from './request-media.ts';

/** Tokens of a prompt, with the places of the pieces among them. */
export interface MediaTokens {
  readonly tokens: number[];
  readonly spans: readonly MediaSpan[];
}

/** The media of a prompt take more tokens than they may. */
export interface TooManyRows {
  /** The number of tokens of those that were prepared until then. */
  readonly rows: number;
}

export interface MarkedPrompt {
  readonly text: string;
  /** What the marks in the text stand for. */
  readonly media: readonly Medium[];
  /** The token in front of everything; absent = none. */
  readonly bos?: number | undefined;
  /** Maximum number of tokens of all media together. */
  readonly mostRows: number;
}

/**
 * Tokenizes a prompt with media. The texts around the pieces are tokenized by themselves, as llama.cpp does it: a token never spans
 * the border of a medium. The media are prepared one after the other, and none behind one that cannot be read or does not
 * fit: a request may have thousands.
 * @throws OllamaError `invalid-request` for a medium without a mark, and for one that cannot be read
 */
export async function tokenizeMarked(
  runner: Pick<TextRunner, 'tokenize'>,
  { text, media, bos, mostRows }: MarkedPrompt,
  prepared: RequestMedia,
): Promise<MediaTokens | TooManyRows> {
  const { segments, unmarked } = splitAtMarks(text, media.length);
  for (const index of unmarked) throw withoutMark(media[index]);
  const parts: PlacedPart[] = [];
  let rows = 0;
  for (const segment of segments) {
    const medium = typeof segment === 'number' ? media[segment] : undefined;
    const placed = medium ? await prepared.partsOf(medium) : [{ text: String(segment) }];
    parts.push(...placed);
    rows += rowsOf(placed);
    if (rows > mostRows) return { rows };
  }
  const pieces = await Promise.all(parts.map((part) => tokenized(runner, part)));
  return joined(bos === undefined ? pieces : [{ tokens: [bos], spans: [] }, ...pieces]);
}

async function tokenized(runner: Pick<TextRunner, 'tokenize'>, part: PlacedPart): Promise<MediaTokens> {
  if ('piece' in part) return { tokens: pseudoTokens(part.piece), spans: [{ ...part.piece, start: 0 }] };
  if (part.text === '') return { tokens: [], spans: [] };
  return { tokens: await runner.tokenize(part.text, { addSpecial: false, parseSpecial: true }), spans: [] };
}

function joined(pieces: readonly MediaTokens[]): MediaTokens {
  const tokens: number[] = [];
  const spans: MediaSpan[] = [];
  for (const piece of pieces) {
    for (const span of piece.spans) spans.push({ ...span, start: span.start + tokens.length });
    for (const token of piece.tokens) tokens.push(token);
  }
  return { tokens, spans };
}

function withoutMark(medium: Medium | undefined): OllamaError {
  const place = medium?.place ?? 'images';
  const message = `${place} has no place in the prompt: its message has another mark such as [img-7], or the model's template leaves the message out`;
  return new OllamaError('invalid-request', message);
}
