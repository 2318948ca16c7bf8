/**
 * The characters that stand for bytes in byte-level BPE (GPT-2's `bytes_to_unicode`): printable ones stand for themselves,
 * all others for the characters from U+0100 on.
 */
const byteOfCharacter = new Map<string, number>();
const otherBytes: number[] = [];
for (let byte = 0; byte < 256; byte++) {
  const isPrintable =
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  if (isPrintable) byteOfCharacter.set(String.fromCodePoint(byte), byte);
  else otherBytes.push(byte);
}
for (const [index, byte] of otherBytes.entries()) {
  byteOfCharacter.set(String.fromCodePoint(0x100 + index), byte);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text whose bytes a token of byte-level BPE stands for; undefined when it has other characters. */
export function textOfBytes(token: string): string | undefined {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOfCharacter.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return decoder.decode(Uint8Array.from(bytes));
}
