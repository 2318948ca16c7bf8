import { mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../base/logger.ts';
import { AuditLog } from './audit-log.ts';

let folder: string;
let errors: string[];
const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  errors = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the file of the audit log', () => {
  it('rotates without losing a line, and only its owner reads it', async () => {
    const audit = new AuditLog(join(folder, 'logs', 'audit.log'), logger, 20_000);
    for (let index = 0; index < 2000; index++) audit.write({ action: 'pull', result: 'ok', index });
    const names = await readdir(join(folder, 'logs'));
    expect(names.length).toBeGreaterThan(5);
    const found: number[] = [];
    for (const name of names) {
      const path = join(folder, 'logs', name);
      const facts = await stat(path);
      expect(facts.mode & 0o777).toBe(0o600);
      expect(facts.size).toBeLessThanOrEqual(20_000);
      for (const line of (await readFile(path, 'utf8')).trimEnd().split('\n'))
        found.push(JSON.parse(line).index);
    }
    expect(found.sort((one, other) => one - other)).toEqual(
      Array.from({ length: 2000 }, (_, index) => index),
    );
    expect(audit.problem).toBeUndefined();
  });

  it('has the time and the fields in one line', async () => {
    const audit = new AuditLog(join(folder, 'audit.log'), logger);
    audit.write({ action: 'pull', result: 'begun', model: 'smol' });
    const line = JSON.parse(await readFile(join(folder, 'audit.log'), 'utf8'));
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      action: 'pull',
      result: 'begun',
      model: 'smol',
    });
  });

  it.runIf(process.platform === 'linux')('reports a full disk once, and does not throw', async () => {
    await symlink('/dev/full', join(folder, 'audit.log'));
    const audit = new AuditLog(join(folder, 'audit.log'), logger);
    for (let index = 0; index < 3; index++) audit.write({ action: 'pull', result: 'ok' });
    expect(errors).toEqual(['the audit log cannot be written; requests are served without it']);
    expect(audit.problem).toContain('ENOSPC');
    await rm(join(folder, 'audit.log'));
    audit.write({ action: 'pull', result: 'ok' });
    expect(audit.problem).toBeUndefined();
  });
});
