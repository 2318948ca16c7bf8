/** Python's jinja2, set up as Hugging Face's transformers set it up for chat templates. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '../../fakes/python-environment.ts';

const script = fileURLToPath(new URL('oracle.py', import.meta.url));
const packages = ['jinja2==3.1.6', 'markupsafe==3.0.4'];
/** The time that `strftime_now` shows on both sides. */
export const clock = new Date(2026, 2, 7, 15, 4, 5);

export interface JinjaCase {
  readonly name: string;
  readonly template: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Python's answer to a case: one of both. */
export interface PythonAnswer {
  readonly output?: string;
  readonly error?: string;
}

/** Renders all cases in one process. */
export async function renderWithPython(cases: readonly JinjaCase[]): Promise<PythonAnswer[]> {
  const python = await pythonWith(packages);
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const input = cases.map(({ template, variables }) => JSON.stringify({ template, variables })).join('\n');
  child.stdin.end(input);
  const output = await text(child.stdout);
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PythonAnswer);
}
