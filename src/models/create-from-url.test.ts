import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallBigEndianModel, smallModel } from '../../test/fakes/models/small-gguf.ts';
import { FileServer } from '../../test/fakes/servers/file-server.ts';
import { sha256 } from '../../test/fakes/servers/registry-server.ts';
import { silentLogger } from '../base/logger.ts';
import { FileUrl } from '../names/file-url.ts';
import { DownloadLocks } from '../registry/pull/download-locks.ts';
import { RegistryTransports } from '../registry/transport/transport.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createFromUrl } from './create-from-url.ts';

let files: FileServer;
let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  files = await FileServer.start();
  folder = await mkdtemp(join(tmpdir(), 'create-from-url-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});

afterEach(async () => {
  await files[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function create(path: string): Promise<string[]> {
  const source = FileUrl.parse(files.url(path));
  if (!source) throw new Error('no URL of a file');
  const statuses = new Set<string>();
  const steps = createFromUrl(source, {
    store,
    catalog,
    transports: new RegistryTransports({}),
    locks: new DownloadLocks(),
    logger: silentLogger,
    version: '0.0.0-test',
    insecure: true,
    config: { noPrune: false, pullStreams: 2 },
  });
  for await (const { status } of steps) statuses.add(status);
  return [...statuses];
}

const blobFiles = async () => (await readdir(join(folder, 'blobs'))).sort();

describe('a model from a file on a web server', () => {
  it('equals what create makes of the file, under the name from the URL', async () => {
    const bytes = smallModel();
    files.files.set('/models/small.gguf', bytes);
    expect(await create('/models/small.gguf')).toEqual([
      'pulling small.gguf',
      'verifying sha256 digest',
      'parsing GGUF',
      `using existing layer ${sha256(bytes)}`,
      expect.stringMatching(/^creating new layer /),
      'writing manifest',
      'success',
    ]);
    const source = FileUrl.parse(files.url('/models/small.gguf'));
    const model = source && (await catalog.find(source.name));
    expect(model).toMatchObject({
      weightsDigest: sha256(bytes),
      details: { format: 'gguf', family: 'llama' },
    });
  });

  it('replaces the former model and its blob when the file has changed', async () => {
    files.files.set('/x.gguf', smallModel());
    await create('/x.gguf');
    const other = smallModel({ 'general.name': { type: 'string', value: 'Another' } });
    files.files.set('/x.gguf', other);
    await create('/x.gguf');
    const blobs = await blobFiles();
    expect(blobs).toContain(sha256(other).replace(':', '-'));
    expect(blobs).not.toContain(sha256(smallModel()).replace(':', '-'));
  });

  it('leaves nothing behind when the file is not a model', async () => {
    files.files.set('/x.gguf', smallBigEndianModel());
    await expect(create('/x.gguf')).rejects.toThrow('big-endian');
    expect(await blobFiles()).toEqual([]);
  });

  it('downloads every shard of a split model', async () => {
    files.files.set('/m-00001-of-00002.gguf', smallModel());
    await expect(create('/m-00001-of-00002.gguf')).rejects.toThrow(
      /m-00002-of-00002\.gguf: file does not exist/,
    );
  });
});
