/** Changes of case as Python's str has them. */

export function upper(text: string): string {
  return text.toUpperCase();
}

export function lower(text: string): string {
  return text.toLowerCase();
}

/** The first character as in a title, the others lower. */
export function capitalized(text: string): string {
  const [first = ''] = text;
  return titleCase(first) + text.slice(first.length).toLowerCase();
}

const runs = /\p{L}[\p{L}\p{M}]*/gu;

/** Python's `text.title()`: each run of letters begins with a capital. */
export function title(text: string): string {
  return text.replace(runs, capitalized);
}

export function swapCase(text: string): string {
  return text.replace(/\p{L}/gu, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
}

/** A character as it begins a title, in which a ligature has one capital. */
function titleCase(character: string): string {
  const capital = character.toUpperCase();
  const [first = ''] = capital;
  return capital.length > first.length ? first + capital.slice(first.length).toLowerCase() : capital;
}
