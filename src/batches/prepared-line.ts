/**
 * A prepared input: the lines of a file after they were checked, so that a server can send them on without parsing anything that
 * its sender chose. Each line is a head, as JSON of one line, and the body of the request in so many bytes, with a line feed each.
 */
import { z } from 'zod';

export const NEWLINE = 0x0a;

const headSchema = z.object({
  custom_id: z.string(),
  /** As the body names it; the empty text if it names none. */
  model: z.string(),
  /** Length of the body. */
  bytes: z.int().nonnegative(),
});

export type LineHead = z.output<typeof headSchema>;

/** Bytes that a head needs at most: two texts of 512 characters, each as an escape. */
export const MAX_HEAD_BYTES = 8192;
/** Characters of a model's name that a head keeps. */
const MAX_MODEL_CHARACTERS = 512;

export function encodeLine(customId: string, model: string, body: string): Buffer {
  const bytes = Buffer.byteLength(body);
  const head: LineHead = { custom_id: customId, model: model.slice(0, MAX_MODEL_CHARACTERS), bytes };
  return Buffer.from(`${JSON.stringify(head)}\n${body}\n`);
}

/** @throws Error for bytes that `encodeLine` did not write */
export function decodeHead(line: Buffer): LineHead {
  return headSchema.parse(JSON.parse(line.toString()));
}
