/** Parameters as a Modelfile writes them, one a line: "temperature 0.7". */

type Value = string | number | boolean;

export interface ParsedParameters {
  readonly parameters: Record<string, Value | Value[]>;
  /** The first line that has no value, if any. */
  readonly badLine?: string;
}

/** A name that occurs again gets a list, as "stop" may. The server knows the names and checks the values. */
export function parseParameters(text: string): ParsedParameters {
  const parameters: Record<string, Value | Value[]> = {};
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, rest] = /^(?:PARAMETER\s+)?([\w.]+)\s+(.+)$/i.exec(line) ?? [];
    if (name === undefined || rest === undefined) return { parameters, badLine: line };
    parameters[name] = withValue(name, parameters[name], readValue(rest));
  }
  return { parameters };
}

/** "stop" is a list, however many there are. */
function withValue(name: string, before: Value | Value[] | undefined, value: Value): Value | Value[] {
  if (before === undefined) return name === 'stop' ? [value] : value;
  return [...(Array.isArray(before) ? before : [before]), value];
}

function readValue(text: string): Value {
  const quoted = /^"(.*)"$/.exec(text);
  if (quoted) return (quoted[1] ?? '').replaceAll('\\"', '"').replaceAll('\\n', '\n');
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** A name for a model made of a file: "Fox-1B-Q4_K_M.gguf" is "fox-1b:q4_k_m". */
export function nameFromFile(file: string): string {
  const base = file.replace(/\.gguf$/i, '').toLowerCase();
  const [, name, tag] = /^(.+)[-._]((?:ud-)?(?:i?q\d[\w]*|bf16|f16|f32|mxfp4))$/.exec(base) ?? [];
  const clean = (part: string) => part.replace(/[^a-z0-9._-]+/g, '-').replace(/^[-._]+|[-._]+$/g, '');
  if (name === undefined || tag === undefined) return clean(base);
  return `${clean(name)}:${clean(tag)}`;
}
