import type { ModelOptions } from '../api/options.ts';

/** Column of the value in `show`'s parameter lines. */
const NAME_WIDTH = 30;

/** Each parameter as name and value, sorted by name; one entry for each stop text. */
export function parameterEntries(
  parameters: ModelOptions,
): [name: string, value: string | number | boolean][] {
  return Object.entries(parameters)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, value]): [string, string | number | boolean][] =>
      Array.isArray(value) ? value.map((item: string | number) => [name, item]) : [[name, value]],
    );
}

/** One line each, the name padded, texts in double quotes. */
export function parametersText(parameters: ModelOptions): string {
  return parameterEntries(parameters)
    .map(
      ([name, value]) =>
        `${name.padEnd(NAME_WIDTH)} ${typeof value === 'string' ? JSON.stringify(value) : value}`,
    )
    .join('\n');
}
