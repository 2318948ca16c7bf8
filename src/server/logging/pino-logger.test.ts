import { describe, expect, it } from 'vitest';
import { createPinoLogger } from './pino-logger.ts';

describe('createPinoLogger', () => {
  it('writes one JSON object per line, at or above its level', () => {
    const lines: string[] = [];
    const logger = createPinoLogger({
      level: () => 'info',
      destination: { write: (line) => void lines.push(line) },
    });
    logger.debug('hidden');
    logger.child({ model: 'm' }).warn('shown', { count: 2 });
    logger.info('bare');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 40, model: 'm', count: 2, msg: 'shown', time: expect.stringMatching(/^\d{4}-/) },
      { level: 30, msg: 'bare' },
    ]);
  });

  it('also writes each line to the file', () => {
    const [lines, copies]: [string[], string[]] = [[], []];
    const logger = createPinoLogger({
      level: () => 'info',
      destination: { write: (line) => void lines.push(line) },
      file: { write: (line) => void copies.push(line) },
    });
    logger.warn('twice');
    expect(copies).toEqual(lines);
    expect(copies).toHaveLength(1);
  });
});
