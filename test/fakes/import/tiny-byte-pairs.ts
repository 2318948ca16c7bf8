/** A tokenizer.json of byte-level BPE with the tokens that a test needs. */

const printable = [[0x21, 0x7e] as const, [0xa1, 0xac] as const, [0xae, 0xff] as const];
const isPrintable = (byte: number) => printable.some(([first, last]) => byte >= first && byte <= last);
const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !isPrintable(byte));

/** The characters that stand for the bytes of a text. */
function byteCharacters(text: string): string[] {
  return [...Buffer.from(text)].map((byte) =>
    String.fromCodePoint(isPrintable(byte) ? byte : 0x100 + others.indexOf(byte)),
  );
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

export function splitBy(pattern: string) {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, byteLevel] };
}

/** Words are merged from left to right, byte by byte. */
export function tinyBytePairs(words: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  const vocabulary = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    vocabulary.set(String.fromCodePoint(isPrintable(byte) ? byte : 0x100 + others.indexOf(byte)), byte);
  }
  const merges = new Map<string, [string, string]>();
  for (const word of words) {
    const [first = '', ...rest] = byteCharacters(word);
    rest.reduce((left, right) => {
      const merged = left + right;
      if (!vocabulary.has(merged)) vocabulary.set(merged, vocabulary.size);
      merges.set(`${left} ${right}`, [left, right]);
      return merged;
    }, first);
  }
  const { model, ...other } = more;
  return {
    version: '1.0',
    ...{ truncation: null, padding: null, added_tokens: [], normalizer: null, post_processor: null },
    pre_tokenizer: { ...byteLevel, use_regex: true },
    decoder: { ...byteLevel, use_regex: true },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false },
      ...{ ignore_merges: false, vocab: Object.fromEntries(vocabulary), merges: [...merges.values()] },
      ...(model as object | undefined),
    },
    ...other,
  };
}
