import type { MediaKind } from '../protocol/media.ts';
import { unusable } from './unusable.ts';

/** The formats of files that can be decoded, by what their content is. */
const formats = {
  png: 'image',
  jpeg: 'image',
  webp: 'image',
  gif: 'image',
  bmp: 'image',
  wav: 'audio',
  mp3: 'audio',
  flac: 'audio',
} as const satisfies Record<string, MediaKind>;

export type MediaFormat = keyof typeof formats;
export type ImageFormat = {
  [Name in MediaFormat]: (typeof formats)[Name] extends 'image' ? Name : never;
}[MediaFormat];
export type AudioFormat = Exclude<MediaFormat, ImageFormat>;

/** Bytes from the start of a file by which `formatOf` knows it. */
export const SIGNATURE_BYTES = 16;

/**
 * Finds the format of a file in its first bytes. Names and declared types are not asked: they are often wrong, and a decoder
 * must never get what another one was meant for.
 * @returns undefined for anything unknown
 */
export function formatOf(bytes: Uint8Array): MediaFormat | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SIGNATURE_BYTES)).toString(
    'latin1',
  );
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif';
  if (start.startsWith('RIFF'))
    return { WEBP: 'webp', WAVE: 'wav' }[start.slice(8, 12)] as MediaFormat | undefined;
  if (start.startsWith('fLaC')) return 'flac';
  if (start.startsWith('ID3') || isFrameOfMp3(bytes)) return 'mp3';
  // Two letters are little: the header's own size, which follows, makes them sure.
  if (start.startsWith('BM') && (bytes[14] ?? 0) >= 12 && bytes[15] === 0) return 'bmp';
  return undefined;
}

/** A frame begins with eleven bits of one, and neither its version, layer, bit rate nor sample rate is a reserved value. */
function isFrameOfMp3(bytes: Uint8Array): boolean {
  const [first, second = 0, third = 0] = bytes;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return false;
  return (
    (second & 0x18) !== 0x08 && (second & 0x06) === 0x02 && (third & 0xf0) !== 0xf0 && (third & 0x0c) !== 0x0c
  );
}

/** Whether a format holds sound; all others hold pictures. */
export function isAudio(format: MediaFormat): format is AudioFormat {
  return formats[format] === 'audio';
}

/** @throws OllamaError `invalid-request` naming the accepted formats */
export function requireFormat(bytes: Uint8Array): MediaFormat {
  const format = formatOf(bytes);
  if (format !== undefined) return format;
  if (bytes.length === 0) throw unusable('the file is empty');
  throw unusable(
    'the file is in no format that is accepted: pictures may be PNG, JPEG, WebP, GIF or BMP, and sound WAV, MP3 or FLAC',
  );
}
