/** Types of pictures and sounds by the first characters of their base64. */
const pictures: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
];

/** RIFF files say behind their length what they are. */
const RIFF = 'UklGR';

/** The type of a picture in base64; undefined for a sound and for what is not known. */
export function pictureType(base64: string): string | undefined {
  const known = pictures.find(([start]) => base64.startsWith(start));
  if (known) return known[1];
  return base64.startsWith(RIFF) && formOf(base64) === 'WEBP' ? 'image/webp' : undefined;
}

/** The format of a sound in base64, as OpenAI's API names it. */
export function soundFormat(base64: string): 'wav' | 'mp3' | undefined {
  if (base64.startsWith(RIFF)) return formOf(base64) === 'WAVE' ? 'wav' : undefined;
  const [first = 0, second = 0] = Buffer.from(base64.slice(0, 4), 'base64');
  // An ID3 tag, or the 11 bits that begin a frame.
  return base64.startsWith('SUQz') || (first === 0xff && second >= 0xe0) ? 'mp3' : undefined;
}

function formOf(base64: string): string {
  return Buffer.from(base64.slice(0, 16), 'base64').toString('latin1', 8, 12);
}
