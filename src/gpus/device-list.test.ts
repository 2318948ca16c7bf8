import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listDevices } from './device-list.ts';

const program = fileURLToPath(new URL('../../test/fakes/runners/devices-program.mjs', import.meta.url));
const list = (folder: string, timeoutMs = 20_000) => listDevices({ folder, program, timeoutMs });

afterEach(() => vi.unstubAllEnvs());

describe('listDevices', () => {
  it('reads the last line, from a child that inherits our environment', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '1,3');
    expect(await list('good')).toEqual({
      devices: [
        {
          id: 'CUDA0',
          description: 'sees 1,3',
          kind: 'gpu',
          library: 'CUDA',
          totalBytes: 24e9,
          freeBytes: 23e9,
          busId: '0000:01:00.0',
        },
      ],
      problems: ['vulkan: no loader'],
    });
  });

  it.each([
    // Windows has no signals: Node ends the child with code 1.
    ['crash', process.platform === 'win32' ? /exited with code 1/ : /killed by SIGSEGV/],
    ['fail', /exited with code 1\b.*: error: no library ggml/],
    ['flood', /maxBuffer/],
    ['nonsense', /not a list of devices/],
    ['silent', /not a list of devices/],
    ['negative', /freeBytes/],
    ['nameless', /id/],
    ['strange', /kind/],
    ['many', /<=64/],
    ['long', /<=512/],
  ])('rejects a child that does this: %s', async (behaviour, message) => {
    await expect(list(behaviour)).rejects.toMatchObject({
      code: 'runner-failed',
      message: expect.stringMatching(message),
    });
  });

  it('does not wait longer than the limit', async () => {
    await expect(list('hang', 300)).rejects.toThrow(/no answer after 0\.3 s/);
  });
});
