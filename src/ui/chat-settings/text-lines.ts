/** Lists of texts, one on each line: line breaks and the like inside of a text are written as `\n` and `\t`. */

const written: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };
const read: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

export function linesOf(texts: readonly string[]): string {
  return texts.map((text) => text.replaceAll(/[\n\t\r\\]/g, (sign) => written[sign] ?? sign)).join('\n');
}

/** Empty lines say nothing and are left out. */
export function textsOf(lines: string): string[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll(/\\([ntr\\])/g, (_, sign: string) => read[sign] ?? sign));
}

/** Numbers between commas or blanks; undefined if something is not a number. */
export function numbersOf(text: string): number[] | undefined {
  const numbers = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  return numbers.every(Number.isFinite) ? numbers : undefined;
}
