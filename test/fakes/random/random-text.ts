/** Texts as tokenizers meet them, and as they do not expect them. */

const words = [
  ...[
    'the',
    'and',
    ' of',
    ' Hello',
    'World',
    'camelCase',
    'SCREAMING',
    'iPhone',
    "don't",
    "I'LL",
    "we've",
    "it's",
  ],
  ...['Straße', 'été', 'naïve', 'Ångström', 'ÉCOLE', 'niño', 'çığ', 'İstanbul', 'źdźbło', 'žluťoučký'],
  ...['Привет', 'мир', 'їжа', 'ΑΒΓ', 'αβγδ', 'שלום', 'مرحبا', 'بالعالم', 'नमस्ते', 'दुनिया', 'বাংলা', 'தமிழ்'],
  ...[
    'สวัสดี',
    'កាន់តែ',
    'გამარჯობა',
    'Բարեւ',
    'ሰላም',
    'tiếng',
    'Việt',
    '你好',
    '世界',
    '吾輩は',
    'カタカナ',
    '한국어',
    '문장',
  ],
  ...[
    'function',
    'return',
    'const x = ',
    'def f(self):',
    '#include <a.h>',
    'SELECT *',
    '</div>',
    '&amp;',
    'https://a.b/c?d=e',
  ],
];
const numbers = [
  '0',
  '7',
  '42',
  '123',
  '2024',
  '31415926',
  '3.14',
  '1,000',
  '0x1F',
  '1e-9',
  '٣٤',
  '१२',
  '½',
  '²',
];
const signs = [...'.,;:!?()[]{}<>"\'`~@#$%^&*-_=+|\\/…—–“”‘’«»•°±×€£¥§©→≤。，！？（）「」'];
const spaces = [
  ' ',
  ' ',
  ' ',
  '  ',
  '   ',
  '    ',
  '\t',
  '\n',
  '\n\n',
  '\r\n',
  ' \n',
  '\n  ',
  '\u00a0',
  '\u3000',
];
const pictures = ['😀', '👨\u200d👩\u200d👧', '👍🏽', '🇩🇪', '1️⃣', '❤️', '☎', '🦙🦙', '𝒞', '𐍈'];

/** Blocks of Unicode from which single characters are taken. */
const blocks: readonly (readonly [number, number])[] = [
  [0x21, 0x7e],
  [0xa1, 0x24f],
  [0x370, 0x52f],
  [0x531, 0x5ff],
  [0x620, 0x6ff],
  [0x904, 0x97f],
  [0xe01, 0xe5b],
  [0x10a0, 0x10ff],
  [0x1e00, 0x1fff],
  [0x2010, 0x2027],
  [0x2030, 0x205e],
  [0x2190, 0x23ff],
  [0x2500, 0x27bf],
  [0x3041, 0x30ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xff01, 0xff9d],
  [0x1f300, 0x1faff],
];

const kinds = [words, words, words, words, numbers, signs, signs, spaces, spaces, spaces, pictures];

/** Up to about 60 words, signs, spaces and single characters in a row. */
export function randomText(random: () => number): string {
  const length = 1 + Math.floor(random() ** 2 * 60);
  return Array.from({ length }, () => randomPart(random)).join('');
}

function randomPart(random: () => number): string {
  if (random() < 0.1) return randomCharacter(random);
  const kind = pick(random, kinds) ?? words;
  return pick(random, kind) ?? '';
}

function randomCharacter(random: () => number): string {
  const [first, last] = pick(random, blocks) ?? [0x21, 0x7e];
  return String.fromCodePoint(first + Math.floor(random() * (last - first + 1)));
}

function pick<T>(random: () => number, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)];
}
