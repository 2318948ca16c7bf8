import type { Flag } from '../command.ts';

export const jsonFlag: Flag = { type: 'boolean', help: 'Print JSON' };

export function printJson(value: unknown, stdout: Pick<NodeJS.WriteStream, 'write'>): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
