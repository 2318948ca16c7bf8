import type { Message } from '../../api/common.ts';
import type { EmbedRequest } from '../../api/embed.ts';
import { OllamaError } from '../../base/errors.ts';
import { type Medium, mediaOf } from '../media/medium.ts';

/** One input to embed. */
export interface EmbedInput {
  readonly text: string;
  /** What the marks in the text stand for. */
  readonly media: readonly Medium[];
}

/**
 * The inputs of a request, each with its pictures. All pictures belong to a single input; several inputs have an entry each; without
 * inputs, each entry is one. A mark such as `[img-0]` says where a picture of an input stands; without any, they come first.
 * @throws OllamaError `invalid-request` when the number of entries does not fit
 */
export function illustratedTexts({
  input = [],
  images = [],
}: Pick<EmbedRequest, 'input' | 'images'>): EmbedInput[] {
  const entries = images.map(mediaIn);
  if (entries.length === 0) return input.map((text) => ({ text, media: [] }));
  const [text, second] = input;
  if (text === undefined) return entries.map((media) => marked('', media));
  if (second === undefined) return [marked(text, entries.flat())];
  if (entries.length !== input.length) {
    const message = `"images" has ${entries.length} entries for ${input.length} inputs: send one for each, a list for those with several or no pictures`;
    throw new OllamaError('invalid-request', message);
  }
  return input.map((own, index) => marked(own, entries[index] ?? []));
}

function mediaIn(entry: string | readonly string[], index: number): Medium[] {
  const isOne = typeof entry === 'string';
  const images = isOne ? [entry] : [...entry];
  const imagePlaces = images.map((_, inner) => (isOne ? `images[${index}]` : `images[${index}][${inner}]`));
  const message: Message = { role: 'user', content: '', images, imagePlaces };
  return mediaOf([message]);
}

/** Numbers the marks without a number; without any mark, the pictures come first. */
function marked(text: string, media: readonly Medium[]): EmbedInput {
  if (media.length === 0) return { text, media };
  let next = 0;
  const numbered = text.replaceAll('[img]', () => `[img-${next++}]`);
  const marks = media.map((_, index) => `[img-${index}]`);
  const isMarked = marks.some((mark) => numbered.includes(mark));
  return { text: isMarked ? numbered : marks.join('') + text, media };
}
