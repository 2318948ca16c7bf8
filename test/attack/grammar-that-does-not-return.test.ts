import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { overrunLine } from '../../src/protocol/overrun-line.ts';

const guardModule = fileURLToPath(new URL('../../dist/engine/sampling/sampling-guard.js', import.meta.url));

/** Runs a program that uses the guard of the built engine. */
async function run(program: string) {
  const source = `import { SamplingGuard } from ${JSON.stringify(guardModule)};
const guard = new SamplingGuard();
const computeFor = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 100_000,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, errors };
}

it('ends the process of a grammar that does not return, and names its request', async () => {
  const { signal, errors } = await run('guard.enter(7); computeFor(600_000);');
  expect(signal).toBe('SIGKILL');
  expect(errors.split('\n')).toContain(overrunLine(7));
});

it('leaves a process alone that computes for long, but returns in between or uses no grammar', async () => {
  const turns = 'for (let turn = 0; turn < 10; turn++) { guard.enter(7); computeFor(300); guard.leave(); }';
  expect(await run(`${turns} computeFor(3500);`)).toEqual({ code: 0, signal: null, errors: '' });
});

it('does not blame a process that waits', async () => {
  const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);';
  expect(await run(`guard.enter(7); ${wait} guard.leave();`)).toEqual({ code: 0, signal: null, errors: '' });
});
