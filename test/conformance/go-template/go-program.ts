import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../scripts/model-cache.mjs';
import { prerequisite } from '../../fakes/prerequisites.ts';
import type { TemplateCase } from './cases/case.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Go's own answer to a case. */
export interface GoResult {
  readonly output: string;
  readonly error?: string;
}

/** The Go compiler; undefined where there is none. */
export function findGo(): string | undefined {
  const found = ['go', '/usr/local/go/bin/go'].find((path) => spawnSync(path, ['version']).status === 0);
  return prerequisite('Go', found);
}

export function renderWithGo(go: string, cases: readonly TemplateCase[]): GoResult[] {
  const temporary = mkdtempSync(join(tmpdir(), 'go-template-'));
  const program = join(temporary, 'program');
  const environment = {
    ...process.env,
    // What the first build compiles of Go's library serves the next ones.
    GOCACHE: join(cacheFolder(), 'go-build'),
    GOFLAGS: '-mod=mod',
    GOPROXY: 'off',
    GOTOOLCHAIN: 'local',
    HOME: temporary,
  };
  try {
    const built = spawnSync(go, ['build', '-o', program, '.'], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(`the Go program does not build: ${built.stderr}`);
    const input = cases.map((one) => JSON.stringify(one)).join('\n');
    const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES });
    if (run.status !== 0) throw new Error(`the Go program failed: ${run.stderr}`);
    return run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
