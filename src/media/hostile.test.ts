/** Files that claim more than they hold, or hold more than they claim: each is refused before it costs anything. */
import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeAudio } from './audio/decode-audio.ts';
import { decodeImage } from './image/decode-image.ts';
import { MAX_RAW_BYTES } from './limits.ts';
import { formatOf, isAudio, requireFormat } from './media-format.ts';

const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/media/${path}`, import.meta.url)));

/** @returns the message of the error, or what came out */
async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    const format = requireFormat(bytes);
    if (isAudio(format)) return `${(await decodeAudio(format, bytes)).samples.length} samples`;
    const { width, height } = decodeImage(format, bytes);
    return `${width} x ${height}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly color?: number;
}

function png({ width, height, depth = 8, color = 0 }: Shape, rows: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, color, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Changes bytes of a fixture. */
function patched(path: string, changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = fixture(path);
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
}

/** Where the first frame of a baseline JPEG states height and width. */
function sizeOfJpeg(path: string): number {
  return Buffer.from(fixture(path)).indexOf(Buffer.from([0xff, 0xc0])) + 5;
}

describe('pictures of impossible sizes', () => {
  it.each([
    [{ width: 0, height: 0 }, 'has 0 x 0 pixels: at least 1 x 1 is needed'],
    [{ width: 100_000, height: 1 }, 'has 100000 x 1 pixels: at most 32768 per side'],
    [{ width: 30_000, height: 30_000 }, 'at most 67108864 in all are accepted'],
    [{ width: 1000, height: 2 }, 'one side may be at most 200 times as long as the other'],
    [{ width: 8192, height: 8192, depth: 16, color: 6 }, `at most ${MAX_RAW_BYTES} are accepted`],
  ])('are refused: %o', async (shape, message) => {
    expect(await outcome(png(shape, new Uint8Array(10)))).toContain(message);
  });

  it('are refused in each format', async () => {
    const at = sizeOfJpeg('pictures/base.jpg');
    expect(await outcome(patched('pictures/base.jpg', { [at]: 0xff, [at + 1]: 0xff }))).toContain('per side');
    expect(await outcome(patched('pictures/base.jpg', { [at]: 0, [at + 1]: 0 }))).toContain('at least 1 x 1');
    expect(await outcome(patched('pictures/plain.gif', { 6: 0, 7: 0 }))).toContain('at least 1 x 1');
    expect(await outcome(patched('pictures/24.bmp', { 20: 0xff }))).toContain('per side');
    expect(await outcome(patched('pictures/lossy.webp', { 27: 0x3f, 29: 0x3f }))).toMatch(/damaged|accepted/);
    expect(await outcome(patched('pictures/lossy.webp', { 26: 0, 27: 0 }))).toContain('at least 1 x 1');
  });
});

describe('bombs', () => {
  it('with more data than the header says are refused', async () => {
    const bomb = png({ width: 8, height: 8 }, new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await outcome(bomb)).toBe('the PNG file holds more data than its header says');
  });

  it('with less data than the header says are refused', async () => {
    expect(await outcome(png({ width: 8, height: 8 }, new Uint8Array(10)))).toBe(
      'the PNG file holds less data than its header says',
    );
  });

  it('of many passes over a picture are refused', async () => {
    const scans = Buffer.alloc(400, Buffer.from([0xff, 0xda]));
    const file = Buffer.concat([
      fixture('pictures/prog.jpg').subarray(0, -2),
      scans,
      Buffer.from([0xff, 0xd9]),
    ]);
    expect(await outcome(file)).toContain('passes over the picture: at most 100 are accepted');
  });
});

describe('sound that no recording has', () => {
  it.each([
    [{ 24: 1, 25: 0, 26: 0 }, 'has 1 samples per second'],
    [{ 24: 0xff, 25: 0xff, 26: 0xff }, 'has 16777215 samples per second'],
    [{ 22: 0 }, 'has 0 channels'],
    [{ 22: 200 }, 'has 200 channels'],
    [{ 34: 12 }, 'with 12 bits'],
    [{ 20: 7 }, 'keeps its samples in format 7'],
  ])('is refused: %o', async (changes, message) => {
    expect(await outcome(patched('sounds/s16.wav', changes))).toContain(message);
  });

  it('is refused when it lasts too long', async () => {
    const bytes = Buffer.from(fixture('sounds/u8.wav').subarray(0, 44));
    bytes.writeUInt32LE(0xffffffff, 40);
    const long = Buffer.concat([bytes, Buffer.alloc(2401 * 8000)]);
    expect(await outcome(long)).toContain('lasts longer than 2400 s');
    // The header of a FLAC file states the number of samples: this one has 2^36 less one.
    const flac = patched('sounds/s16.flac', { 21: 0xff, 22: 0xff, 23: 0xff, 24: 0xff, 25: 0xff });
    expect(await outcome(flac)).toContain('lasts longer than 2400 s');
  });
});

describe('files of two kinds', () => {
  it('are read as what their first bytes say, whatever follows', async () => {
    const both = Buffer.concat([fixture('pictures/plain.gif'), fixture('pictures/rgb.png')]);
    expect(formatOf(both)).toBe('gif');
    expect(await outcome(both)).toBe('45 x 31');
    const archive = Buffer.concat([fixture('pictures/rgb.png'), Buffer.from('PK\x03\x04', 'latin1')]);
    expect(await outcome(archive)).toBe('45 x 31');
  });

  it('and pages with pictures inside are refused', async () => {
    const page = Buffer.concat([Buffer.from('<html>'), fixture('pictures/rgb.png')]);
    expect(await outcome(page)).toContain('in no format that is accepted');
  });
});

describe('truncated files', () => {
  const names = ['base.jpg', 'prog.jpg', 'rgb.png', 'plain.gif', '24.bmp', 'lossless.webp', 'lossy.webp'];

  it.each(names)('are refused wherever they end: %s', async (name) => {
    const whole = fixture(`pictures/${name}`);
    const ends = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9].map((part) => Math.trunc(whole.length * part));
    for (const end of ends) expect(await outcome(whole.subarray(0, end))).toMatch(/^the /);
  });

  it.each(['s16.wav', 's16.flac'])('are refused wherever they end: %s', async (name) => {
    const whole = fixture(`sounds/${name}`);
    for (const part of [0.1, 0.5, 0.9]) {
      expect(await outcome(whole.subarray(0, Math.trunc(whole.length * part)))).toMatch(/^the /);
    }
  });
});
