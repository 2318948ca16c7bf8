/**
 * Texts on which an imported tokenizer must agree with the original: each exercises something that pre-tokenizers treat
 * differently.
 */

const words = [
  'Hello, world!',
  'The quick brown fox jumps over the lazy dog.',
  " I've been told he's there, you're sure? I'm not; we'll see, they'd say.",
  "I'VE BEEN 'TOLD HE'S THERE, 'RE YOU SURE? 'M NOT SURE I'LL MAKE IT, 'D",
  "We'Ve a'lL y'All o'clock rock'n'roll 'tis 'twas dogs' O'Neill's",
  '‘curly’ “quotes” don’t it’s they’re',
  'camelCase PascalCase snake_case kebab-case SCREAMING_CASE mixedUPPERlower XMLHttpRequest iPhone15Pro',
  'a b c d e f',
  'A',
  ' ',
  'ab',
  'unbelievably antidisestablishmentarianism internationalization',
  'e.g. i.e. U.S.A. Ph.D. a.m. p.m. etc...',
  'https://example.com/path/to/page?query=value&other=1#part user@example.org',
  'C:\\Windows\\System32\\drivers /usr/local/bin ~/.config ../..',
];

const numbers = [
  '0 1 12 123 1234 12345 123456 1234567 12345678 123456789',
  '3.14159 -2.5 +7 1,000,000 1_000_000 0x1F 1e-10 50% $19.99 €5 £3 ¥100',
  '2024-01-31 12:30:45 +49 (0)30 1234-5678 v1.2.3-beta.4 192.168.0.1',
  '1st 2nd 3rd 4th 5km 10kg 3D H2O x2 y10 b12c34',
  '٠١٢٣٤٥٦٧٨٩ ०१२३४५६७८९ ０１２３４５ ²³¹ ½¾ Ⅷ ①②③ 一二三',
  '3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3 3...3',
];

const spaces = [
  '  two leading and two trailing  ',
  'a  b   c    d     e      f',
  '\t\ttabs\tbetween\twords\t',
  'line one\nline two\n\nline four\n\n\nline seven',
  'carriage\r\nreturns\r\n\r\nhere\rand alone',
  '\n',
  '\n\n\n\n',
  ' \n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n',
  'trailing spaces   \nand tabs\t\t\n',
  'no\u00a0break\u2009thin\u3000wide\u2003em',
  '                                                                ',
  '    def f(x):\n        return x\n\n\n    # end\n',
  'word \n next \r\n more\t \n\t end',
  '\u2028line\u2029paragraph\u0085next',
];

const signs = [
  '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  "------======= ''''''```````\"\"\"\"......!!!!!!??????",
  '... --- === *** ### ~~~ ___ ||| &&& ;;; ::: ,,,',
  '(a)(b) [c][d] {e}{f} <g><h> "i" \'j\' `k`',
  'a+b=c a-b a*b a/b a^b a|b a&b a%b !a ~a a<b a>b a<=b a>=b a!=b a==b',
  '– — … « » „ “ ” ‚ ‘ ’ • · † ‡ § ¶ © ® ™ ° ± × ÷ ≠ ≤ ≥ ∞ √ ∑ ∫ → ← ⇒',
  '¡Hola! ¿Qué tal? ÂÃÄ ¬ ¦ ¨ ¯ ´ ¸',
  '$x_1 + \\frac{a}{b} = \\sum_{i=0}^{n} \\alpha_i$',
  '。，、；：？！（）「」『』【】《》〈〉…—～',
];

const languages = [
  'Il était une fois, dans une forêt enchantée, où l’été brûlait déjà.',
  'Größenwahn, Straße, Übermäßig, Äpfel und Öl',
  'El niño comió piñata; ¡qué alegría!',
  'Zażółć gęślą jaźń; příliš žluťoučký kůň; çığlık İstanbul ışık',
  'Съешь же ещё этих мягких французских булок, да выпей чаю.',
  'Нещо на Български и українська їжа',
  'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία',
  'שלום עולם, מה שלומך היום?',
  'السلام عليكم ورحمة الله وبركاته',
  'नमस्ते दुनिया, आप कैसे हैं?',
  'স্বাগতম আমার সোনার বাংলা',
  'สวัสดีชาวโลก ภาษาไทยไม่มีช่องว่าง',
  'កាន់តែពិសេសអាច',
  'Xin chào thế giới, tiếng Việt có dấu',
  '你好，世界。今天天气怎么样？',
  '我想在apple工作1314151天～',
  '吾輩は猫である。名前はまだ無い。カタカナとひらがな',
  '안녕하세요 세계, 한국어 문장입니다.',
  'გამარჯობა მსოფლიო Բարեւ աշխարհ',
  'ሰላም ልዑል አለም',
  'ᚠᚢᚦᚨᚱᚲ 𐍈𐌰𐌹𐍂 𝒞𝓊𝓇𝓈𝒾𝓋ℯ 𝟘𝟙𝟚',
  'ＦＵＬＬＷＩＤＴＨ ｈａｌｆ ｶﾀｶﾅ',
  'mixed 中文 and English 文字 with 数字123和符号!@#',
  'ÉCOLE École école ÑANDÚ ñandú ΑΒΓ αβγ ПРИВЕТ Привет',
];

const combinations = [
  'e\u0301 a\u0300 n\u0303 u\u0308 o\u0302 — decomposed',
  'Z\u0351a\u036b\u0343l\u0349g\u034bo\u0310',
  'ﬁ ﬂ ﬀ ﬃ ſ ǆ ĳ',
  'I\u0307 i\u0307 ẞ ß ŉ',
  'क्ष त्र ज्ञ श्र',
  'a\u200bb\u200cc\u200dd zero widths',
  '\u202aleft\u202c \u202eright\u202c \u2066isolated\u2069',
];

const pictures = [
  '🚀 (normal) 😶\u200d🌫️ (multiple emojis concatenated) ✅ 🦙🦙',
  '👨\u200d👩\u200d👧\u200d👦 👍🏽 🏳️\u200d🌈 🇩🇪🇫🇷 1️⃣ ❤️ ☎️ ⌚',
  'text😀text 😀 😀😀😀 a😀b',
  '♠♥♦♣ ☀☁☂ ♪♫ ✓✗ ★☆ ▁▂▃ █▓▒░ ┌─┐│└┘',
];

const code = [
  'function add(a, b) {\n  return a + b; // sum\n}\n',
  'for (int i = 0; i < 10; ++i) {\n\tprintf("%d\\n", i);\n}',
  "SELECT * FROM users WHERE name LIKE '%O''Brien%' AND age >= 18;",
  '<div class="a b" id=\'c\'>&lt;text&gt; &amp; more</div><br/>',
  '{"key": "value", "list": [1, 2.5, -3e10, null, true], "nested": {"a": {}}}',
  'import numpy as np\n\nclass Foo(Bar):\n    """Doc."""\n\n    def __init__(self, *args, **kwargs):\n        super().__init__()\n',
  'let re = /^[a-z0-9_\\-]+@(?:[^\\s.]+\\.)+[a-z]{2,}$/gi;',
  '#include <stdio.h>\n#define MAX(a,b) ((a)>(b)?(a):(b))\n',
  'git commit -m "fix: it\'s done" && git push --force-with-lease origin HEAD',
  '# Heading\n\n- item 1\n- item 2\n  - nested\n\n> quote\n\n```python\nx = 1\n```\n',
  'fn main() -> Result<(), Box<dyn Error>> { println!("{:?}", vec![1u8; 4]); Ok(()) }',
  '| a | b |\n|---|---|\n| 1 | 2 |\n',
];

/** Pairs of short pieces: what stands next to what decides most splits. */
const pieces = ['a', 'B', 'é', '中', '7', ' ', '\n', "'s", '.', '-', '_', '🙂'];
const pairs = pieces.flatMap((left) => pieces.map((right) => `x${left}${right}y`));

export const probeTexts: readonly string[] = [
  ...words,
  ...numbers,
  ...spaces,
  ...signs,
  ...languages,
  ...combinations,
  ...pictures,
  ...code,
  ...pairs,
];

/** Places of an added token within a text. */
const frames: readonly (readonly [string, string])[] = [
  ['', ''],
  ['', 'after'],
  ['before', ''],
  ['before ', ' after'],
  ['line\n', '\nline'],
];

/** Texts around tokens that are found before anything else; at most this many tokens are tried in every place. */
const TOKENS_IN_ALL_PLACES = 24;
/** Further tokens are tried alone. */
const TOKENS_ALONE = 512;

export function probesWithTokens(tokens: readonly string[]): string[] {
  const everywhere = spread(tokens, TOKENS_IN_ALL_PLACES);
  return [
    ...everywhere.flatMap((token) => frames.map(([before, after]) => before + token + after)),
    ...spread(tokens, TOKENS_ALONE),
    ...everywhere.slice(1).map((token, index) => `${everywhere[index]}${token}`),
  ];
}

/** At most `count` elements from the whole list, the first and last among them. */
function spread(list: readonly string[], count: number): string[] {
  if (list.length <= count) return [...list];
  return Array.from(
    { length: count },
    (_, index) => list[Math.round((index * (list.length - 1)) / (count - 1))] ?? '',
  );
}
