/** What random Jinja templates read. @param size about a thousandth of the characters */
export function jinjaVariables(size: number): Record<string, unknown> {
  return {
    text: 'a b '.repeat(size),
    words: ['b', 'a', 'C', 'a'],
    table: { k: 'a', l: [1, 2], 'm<': null },
    rows: Array.from({ length: 3 + Math.floor(size / 10) }, (_, index) => ({ k: `a${index}`, n: index % 3 })),
    number: 2,
    nothing: null,
    half: 2.5,
    wide: 'é😀"\'\\\n<x>',
    nested: [[1, [2, 3]], [], [[4]]],
    mixed: ['b', 1, null, true, 1.5, { k: 2 }, ['a']],
    tricky: { items: 1, keys: 'q', constructor: 'c', __proto__x: 2, get: [3] },
  };
}
