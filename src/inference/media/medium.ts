import type { Message } from '../../api/common.ts';
import { formatOf, isAudio, SIGNATURE_BYTES } from '../../media/media-format.ts';
import type { MediaKind } from '../../protocol/media.ts';

/** One picture or sound of a request. */
export interface Medium {
  /** Base64. */
  readonly data: string;
  readonly kind: MediaKind;
  /** Where the client wrote it, such as "messages[2].images[0]". */
  readonly place: string;
}

/** The media of a conversation, in the order in which the marks of its prompt count them. */
export function mediaOf(messages: readonly Message[]): Medium[] {
  return messages.flatMap(({ images = [], imagePlaces = [] }) =>
    images.map((data, index) => ({
      data,
      kind: kindOfMedium(data),
      place: imagePlaces[index] ?? `images[${index}]`,
    })),
  );
}

/** What the first bytes are; anything unknown counts as a picture, which its decoder then refuses. */
function kindOfMedium(base64: string): MediaKind {
  const start = Buffer.from(base64.slice(0, SIGNATURE_BYTES * 2), 'base64');
  const format = formatOf(start.subarray(0, SIGNATURE_BYTES));
  return format !== undefined && isAudio(format) ? 'audio' : 'image';
}

/** Messages as a chat format needs them: their media are counted, but their bytes are not carried to a worker and back. */
export function withoutBytes(messages: readonly Message[]): readonly Message[] {
  if (!messages.some(({ images }) => images?.length)) return messages;
  return messages.map(({ imagePlaces: _, ...message }) =>
    message.images?.length ? { ...message, images: message.images.map(() => '') } : message,
  );
}
