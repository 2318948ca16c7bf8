import { messageOf, OllamaError } from '../../../src/base/errors.ts';
import { WorkMeter } from '../../../src/base/work-meter.ts';
import { JinjaError } from '../../../src/jinja/errors.ts';
import { Jinja } from '../../../src/jinja/template.ts';
import { clock, type JinjaCase, type PythonAnswer, renderWithPython } from './python-jinja.ts';

const limits = { steps: 20_000_000, bytes: 2 ** 27, milliseconds: Number.POSITIVE_INFINITY };
/** What jinja2's sandbox forbids, and some published templates use. */
const forbidden =
  /^SecurityError: access to attribute '(?:append|extend|insert|pop|remove|reverse|clear|update|setdefault)' of/;
/** Python prints where an object is in memory, which is different each time. */
const address = /at 0x[0-9a-f]{6,}>|<(?:class|bound method|built-in method) /;

export interface Comparison {
  /** Cases whose outcome is the same: the same text, or an error on both sides. */
  readonly same: number;
  /** Those of them with a text. */
  readonly rendered: number;
  readonly differences: readonly string[];
  /** Cases that only we render, because they change a list or mapping. */
  readonly allowed: number;
}

/** Renders cases here and in Python. */
export async function compareWithPython(cases: readonly JinjaCase[]): Promise<Comparison> {
  const answers = await renderWithPython(cases);
  const differences: string[] = [];
  let [same, rendered, allowed] = [0, 0, 0];
  const parsed = new ParsedTemplates();
  cases.forEach((one, index) => {
    const expected = answers[index] ?? {};
    const actual = parsed.render(one);
    if (isAddress(actual, expected)) return;
    if (actual.output !== undefined && forbidden.test(expected.error ?? '')) allowed++;
    else if (actual.output !== expected.output) differences.push(describe(one, actual, expected));
    else {
      same++;
      if (actual.output !== undefined) rendered++;
    }
  });
  return { same, rendered, differences, allowed };
}

function isAddress(actual: PythonAnswer, expected: PythonAnswer): boolean {
  return (
    address.test((expected.output ?? '').replaceAll(', ', '')) ||
    /: a \S+ has no text$/.test(actual.error ?? '')
  );
}

/** Parses each template once. */
class ParsedTemplates {
  readonly #parsed = new Map<string, Jinja>();

  /** @throws anything but the errors of templates */
  render({ template, variables }: JinjaCase): PythonAnswer {
    try {
      return { output: this.#get(template).render(variables, new WorkMeter(limits), () => clock) };
    } catch (error) {
      if (error instanceof JinjaError || error instanceof OllamaError) return { error: messageOf(error) };
      throw error;
    }
  }

  #get(template: string): Jinja {
    const known = this.#parsed.get(template) ?? Jinja.parse(template);
    this.#parsed.set(template, known);
    return known;
  }
}

function describe({ name }: JinjaCase, actual: PythonAnswer, expected: PythonAnswer): string {
  const [ours, theirs] = [actual.output, expected.output];
  if (ours === undefined || theirs === undefined) {
    return `${name}\n  here:   ${JSON.stringify(actual).slice(0, 500)}\n  python: ${JSON.stringify(expected).slice(0, 500)}`;
  }
  let at = 0;
  while (ours[at] === theirs[at]) at++;
  const part = (text: string) => JSON.stringify(text.slice(Math.max(at - 40, 0), at + 80));
  return `${name}, character ${at}\n  here:   ${part(ours)}\n  python: ${part(theirs)}`;
}
