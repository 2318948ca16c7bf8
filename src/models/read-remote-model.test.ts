import { expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { silentLogger } from '../base/logger.ts';
import { limits } from '../gguf/limits.ts';
import { parseDigest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import type { RemoteModel } from '../registry/inspect/inspect-model.ts';
import { mediaTypes } from '../store/manifest.ts';
import { readRemoteModel } from './read-remote-model.ts';

it('keeps no more tensors of all shards together than one file may have', async () => {
  const names = Array.from({ length: limits.tensors / 2 }, (_, index) => `t${index}`);
  const bytes = smallModel({}, 'llama', names);
  const started: string[] = [];
  const shards = ['1', '2', '3'].map((digit) => ({
    mediaType: mediaTypes.model,
    digest: parseDigest(`sha256:${digit.repeat(64)}`),
    size: bytes.length,
  }));
  const remote = {
    shards,
    start: ({ digest }: { digest: string }) => {
      started.push(digest);
      return {
        size: bytes.length,
        read: async (target: Uint8Array, position: number) => {
          const part = bytes.subarray(position, position + target.length);
          target.set(part);
          return part.length;
        },
      };
    },
  } as unknown as RemoteModel;
  const reading = readRemoteModel(ModelName.parse('hf.co/ada/fox'), remote, {
    logger: silentLogger,
    templates: inlineTemplates(),
  });
  await expect(reading).rejects.toThrow(`more than ${limits.tensors} tensors`);
  expect(started).toHaveLength(2);
});
