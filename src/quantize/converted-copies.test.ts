import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { readGgufFile } from '../gguf/parse.ts';
import { parseDigest } from '../names/digest.ts';
import { ConvertedCopies, type CopyOrder } from './converted-copies.ts';
import type { QuantizeOrder } from './quantizer.ts';
import { parseTargetType } from './target-type.ts';

const weights = parseDigest(`sha256:${'a'.repeat(64)}`);
const LATER = Number.POSITIVE_INFINITY;

let folder: string;
let copies: ConvertedCopies;
let order: CopyOrder;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'converted-copies-'));
  const path = join(folder, 'source.gguf');
  await writeFile(path, smallModel());
  const target = parseTargetType('Q8_0');
  order = {
    digest: weights,
    path,
    file: await readGgufFile(path),
    sourceType: 'Q4_1',
    target,
    from: ['Q4_1'],
  };
  copies = new ConvertedCopies({ folder: join(folder, 'converted'), quantizer });
});
afterEach(() => rm(folder, { recursive: true }));

/** A quantizer whose result is another small model. */
const quantizer = {
  async *quantize({ blobs }: QuantizeOrder) {
    yield { status: 'quantizing' };
    return blobs.write(
      (async function* () {
        yield smallModel({ 'general.file_type': { type: 'u32', value: 7 } });
      })(),
    );
  },
};

const blobs = () => readdir(join(folder, 'converted', 'blobs'));

it('finds the copy that it has made, for the same types only', async () => {
  expect(await copies.find(order)).toBeUndefined();
  const made = await copies.make(order);
  expect(await copies.find(order)).toEqual(made);
  expect(await copies.find({ ...order, from: ['Q5_1'] })).toBeUndefined();
  expect(await copies.find({ ...order, digest: parseDigest(`sha256:${'b'.repeat(64)}`) })).toBeUndefined();
});

it('does not use a copy of another size, or a damaged record', async () => {
  const { path } = await copies.make(order);
  await writeFile(path, 'short');
  expect(await copies.find(order)).toBeUndefined();
  await copies.make(order);
  await writeFile(join(folder, 'converted', `${'a'.repeat(64)}.json`), '{');
  expect(await copies.find(order)).toBeUndefined();
});

it('a sweep passes over files of others, and removes records that name no copy', async () => {
  await copies.make(order);
  await writeFile(join(folder, 'converted', 'notes.json'), '{}');
  const record = { copy: 'none', size: 1, target: 'Q8_0', from: ['Q4_1'] };
  await writeFile(join(folder, 'converted', `${'b'.repeat(64)}.json`), JSON.stringify(record));
  await copies.sweep(async () => true, LATER);
  expect(await blobs()).toHaveLength(1);
  const names = await readdir(join(folder, 'converted'));
  expect(names.sort()).toEqual([`${'a'.repeat(64)}.json`, 'blobs', 'notes.json']);
});

it('a sweep removes copies of weights that are gone and leftovers, and nothing that is in use or new', async () => {
  await copies.make(order);
  await writeFile(join(folder, 'converted', 'blobs', 'leftover'), '');
  await copies.sweep(async () => true, 0);
  expect(await blobs()).toHaveLength(2);
  await copies.sweep(async () => true, LATER);
  expect(await blobs()).toHaveLength(1);
  expect(await copies.find(order)).toBeDefined();
  await copies.sweep(async () => false, LATER);
  expect(await blobs()).toEqual([]);
  expect(await copies.find(order)).toBeUndefined();
});
