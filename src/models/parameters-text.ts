import type { LogitBias } from '../api/options/logit-bias.ts';
import type { ModelOptions } from '../api/options/options.ts';

/** Width of the name column in the parameter lines of `show`. */
const NAME_WIDTH = 30;

type EntryValue = string | number | boolean | readonly LogitBias[];

/** Name and value of each parameter, sorted by name. A list has one entry per element. */
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

/** One line per parameter: the padded name and the value, with texts in double quotes. */
export function parametersText(parameters: ModelOptions): string {
  return parameterEntries(parameters)
    .map(([name, value]) => `${name.padEnd(NAME_WIDTH)} ${JSON.stringify(value)}`)
    .join('\n');
}

/** Names and values in the form of PARAMETER lines in a Modelfile. */
export function parameterLines(parameters: ModelOptions): [name: string, value: string][] {
  return parameterEntries(parameters).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
}
