/** Patterns by which published tokenizers split texts into words, as their tokenizer.json writes them; line ends are escaped. */

const ends = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const lineEnds = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const upper = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}';
const lower = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}';
const start = '[^\\r\\n\\p{L}\\p{N}]?';
const marks = ' ?[^\\s\\p{L}\\p{N}]+';

function cased(ending: string, numbers: string): string {
  const words = `${start}[${upper}]*[${lower}]+${ending}|${start}[${upper}]+[${lower}]*${ending}`;
  return `${words}|${numbers}|${marks}[\\r\\n/]*|${lineEnds}`;
}

export const splitPatterns = {
  /** GPT-2's own pattern, which ByteLevel has built in. */
  contractions: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  digits: '\\p{N}',
  byThree: '\\p{N}{1,3}',
  han: '[一-龥぀-ゟ゠-ヿ]+',
  words: {
    llama3: `${ends}|${start}\\p{L}+|\\p{N}{1,3}|${marks}[\\r\\n]*|${lineEnds}`,
    qwen2: `${ends}|${start}\\p{L}+|\\p{N}|${marks}[\\r\\n]*|${lineEnds}`,
    qwen35: `${ends}|${start}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${lineEnds}`,
    gpt4o: cased(`${ends}?`, '\\p{N}{1,3}'),
    tekken: cased('', '\\p{N}'),
    seedCoder: `${ends}|${start}\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    bailing: `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`,
    deepseek3:
      '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  },
} as const;
