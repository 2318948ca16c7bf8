import type { NumberField } from '../random/mutations.ts';

/** Bytes of a frame's header, of which the first is always 255. */
const HEADER_BYTES = 4;
const SYNC = 0xff;
/** The other bits of the sync word, and layer III of any version. */
const SECOND_BITS = 0xe6;
const SECOND_VALUE = 0xe2;

/**
 * What a decoder of MP3 trusts in each frame: the bytes of its header behind the first, and the start of its side information, which
 * says how far back its data begins and how much of it there is. A few places in the data look the same and do no harm.
 */
export function mp3Numbers(file: Uint8Array): NumberField[] {
  const fields: NumberField[] = [];
  for (let at = 0; at + 2 * HEADER_BYTES <= file.length; at += 1) {
    if (file[at] !== SYNC || ((file[at + 1] ?? 0) & SECOND_BITS) !== SECOND_VALUE) continue;
    fields.push({ at: at + 1, bytes: 1 }, { at: at + 2, bytes: 1 }, { at: at + 3, bytes: 1 });
    fields.push({ at: at + HEADER_BYTES, bytes: 2 }, { at: at + HEADER_BYTES + 2, bytes: 2 });
  }
  return fields;
}
