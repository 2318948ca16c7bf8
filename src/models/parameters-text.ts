import type { LogitBias } from '../api/options/logit-bias.ts';
import type { ModelOptions } from '../api/options/options.ts';

/** Column of the value in `show`'s parameter lines. */
const NAME_WIDTH = 30;

type EntryValue = string | number | boolean | readonly LogitBias[];

/** Each parameter as name and value, sorted by name; one entry for each text of a list. */
function parameterEntries(parameters: ModelOptions): [name: string, value: EntryValue][] {
  return Object.entries(parameters)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, value]): [string, EntryValue][] => {
      if (!Array.isArray(value)) return [[name, value]];
      return name === 'logit_bias'
        ? [[name, value as LogitBias[]]]
        : value.map((item) => [name, item as string | number]);
    });
}

/** One line each, the name padded, texts in double quotes. */
export function parametersText(parameters: ModelOptions): string {
  return parameterEntries(parameters)
    .map(([name, value]) => `${name.padEnd(NAME_WIDTH)} ${JSON.stringify(value)}`)
    .join('\n');
}

/** Values as PARAMETER lines of a Modelfile have them. */
export function parameterLines(parameters: ModelOptions): [name: string, value: string][] {
  return parameterEntries(parameters).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
}
