/** PDF files that are broken, that grow, or whose objects refer to themselves. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import {
  type PdfObject,
  pageObjects,
  pdfFile,
  pdfStream,
  textOperators,
  textPdf,
} from '../fakes/pdf/pdf-file.ts';
import { mutated } from '../fakes/random/mutations.ts';
import { seededRandom } from '../fakes/random/seeded-random.ts';
import { seedFrom } from '../scale.ts';
import {
  expectOrdinaryAnswer,
  expectUndisturbed,
  ordinaryModel,
  startAttackedServer,
} from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

/** The server itself holds the files, their base64, and copies for the process that reads them, but nothing of what they grow to. */
const MOST_GROWTH_MEBIBYTES = 150;
/** Each becomes a hundred million spaces. */
const BOMB_BYTES = 100_000_000;
const LARGE_BYTES = 10_000_000;

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A file of one page, some of whose objects are others. */
function changed(changes: Readonly<Record<number, PdfObject>>): Buffer {
  const objects = pageObjects([pdfStream(textOperators('hello'))]);
  for (const [number, object] of Object.entries(changes)) objects[Number(number) - 1] = object;
  return pdfFile(objects);
}

/** A form that draws itself, and one that draws another twice, and so on. */
function forms(depth: number): Buffer {
  const objects = pageObjects([pdfStream('/X6 Do')]);
  objects[3] =
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /XObject << /X6 6 0 R >> >> /Contents 5 0 R >>';
  for (let number = 6; number <= 6 + depth; number += 1) {
    const next = number < 6 + depth ? number + 1 : 6;
    objects.push(
      pdfStream(`/X${next} Do /X${next} Do`, {
        entries: `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X${next} ${next} 0 R >> >>`,
      }),
    );
  }
  return pdfFile(objects);
}

/** Random bytes within a whole file. */
function damaged(count: number): (readonly [string, Buffer])[] {
  const source = textPdf(['one', 'two', 'three'], { isPlain: true });
  return Array.from({ length: count }, (_, index) => [
    `random damage ${index}`,
    Buffer.from(mutated(source, seededRandom(seedFrom(3000) + index))),
  ]);
}

const whole = textPdf(Array.from({ length: 30 }, (_, index) => `page ${index}`));
/** Its list of pages claims more than it has. */
const boastful = changed({ 2: '<< /Type /Pages /Count 1000000000 /Kids [4 0 R] >>' });
const deepArray = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

/** Files that must be refused. */
const hostile: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['nothing but a signature', Buffer.from('%PDF-1.7')],
  ['half a file', whole.subarray(0, whole.length / 2)],
  ['zeros', Buffer.alloc(100_000)],
  [
    '10 MB of noise between the marks',
    Buffer.concat([Buffer.from('%PDF-1.7\n'), noise(LARGE_BYTES), Buffer.from('startxref\n0\n%%EOF')]),
  ],
  ['pages that contain themselves', changed({ 2: '<< /Type /Pages /Count 1 /Kids [2 0 R] >>' })],
  ['a page that is its own content', changed({ 5: '5 0 R' })],
  ['a catalog that is itself', changed({ 1: '1 0 R' })],
  ['lists within lists', changed({ 4: deepArray })],
  ['content that becomes 100 MB', changed({ 5: pdfStream(Buffer.alloc(BOMB_BYTES, ' ')) })],
  ['content compressed twice', changed({ 5: twice(Buffer.alloc(BOMB_BYTES, ' ')) })],
  ['text without an end', changed({ 5: pdfStream(textOperators('x'.repeat(70)).repeat(70_000)) })],
  ['forms that draw themselves', forms(0)],
  ['forms that double', forms(30)],
];

function noise(length: number): Buffer {
  const random = seededRandom(seedFrom(4000));
  return Buffer.from(Uint32Array.from({ length: length / 4 }, () => random() * 2 ** 32).buffer);
}

function twice(content: Buffer): PdfObject {
  const once = pdfStream(content);
  const start = once.indexOf('stream\n') + 'stream\n'.length;
  const inner = once.subarray(start, once.lastIndexOf('\nendstream'));
  return Buffer.from(
    pdfStream(inner, { entries: '' })
      .toString('latin1')
      .replace('/FlateDecode', '[/FlateDecode /FlateDecode]'),
    'latin1',
  );
}

function ask(bytes: Buffer) {
  const source = { type: 'base64', media_type: 'application/pdf', data: bytes.toString('base64') };
  const content = [
    { type: 'text', text: 'what' },
    { type: 'document', source },
  ];
  const messages = [{ role: 'user', content }];
  return post(server, '/v1/messages', { model: ordinaryModel, max_tokens: 2, messages });
}

it.each(hostile)('%s: is refused by the place of the file', { timeout: 120_000 }, async (_, bytes) => {
  const report = await underAttack(server, 'a hostile PDF file', () => ask(bytes));
  expect(report.result).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringMatching(/^messages\[0\]\.content\[1\]: the .*\bfile /) } },
  });
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_GROWTH_MEBIBYTES);
  await expectUndisturbed(server, report);
});

it('damaged files at once: each is read or refused, and texts are answered beside them', {
  timeout: 120_000,
}, async () => {
  const files = damaged(40);
  const report = await underAttack(server, `${files.length} damaged PDF files at once`, async () => {
    const [statuses] = await Promise.all([
      Promise.all(files.map(async ([, bytes]) => (await ask(bytes)).status)),
      expectOrdinaryAnswer(server),
    ]);
    return statuses;
  });
  expect([...new Set(report.result)].sort()).toEqual([200, 400]);
  await expectUndisturbed(server, report);
});

it('whole files are read after all that, also one that claims a billion pages', async () => {
  for (const bytes of [whole, boastful]) expect(await ask(bytes)).toMatchObject({ status: 200 });
});
