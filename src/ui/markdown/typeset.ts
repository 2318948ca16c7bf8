/** Formulas as MathML. A chunk of its own: it is loaded with the first formula. */
import temml from 'temml';

/** Expansions of macros in one formula. Those that come with the typesetter need a few. */
const MAX_EXPANSIONS = 100;
/** Largest sizes that a formula may ask for, in em. */
const MAX_SIZE = 20;
/** What defines macros, so that a short formula can become a long one. */
const defines =
  /\\(?:[egx]?def|let|futurelet|global|long|(?:re)?newcommand|providecommand|DeclareMathOperator)\b/;
/** Braces in braces: each one is a call inside the one before. */
const MAX_DEPTH = 60;

function depthOf(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of source) {
    if (character === '{' || character === '^' || character === '_') depth += 1;
    else if (character === '}' || character === ' ') depth = Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Puts a formula into an element. @returns whether it can be typeset; the element is empty otherwise */
export function typeset(source: string, isDisplay: boolean, element: HTMLElement): boolean {
  if (defines.test(source) || depthOf(source) > MAX_DEPTH) return false;
  try {
    temml.render(source, element, {
      displayMode: isDisplay,
      trust: false,
      strict: false,
      throwOnError: true,
      maxExpand: MAX_EXPANSIONS,
      maxSize: [MAX_SIZE, MAX_SIZE],
    });
    return true;
  } catch {
    element.replaceChildren();
    return false;
  }
}
