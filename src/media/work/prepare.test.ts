import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tinyProjector } from '../../../test/fakes/media/tiny-projector.ts';
import { memorySource } from '../../gguf/byte-source.ts';
import { parseGguf } from '../../gguf/parse.ts';
import { projectorFacts } from '../../gguf/projector-facts.ts';
import { encodeGguf } from '../../gguf/writer.ts';
import { type ProjectorBrief, prepare } from './prepare.ts';

const fixture = (path: string) =>
  readFileSync(new URL(`../../../test/fixtures/media/${path}`, import.meta.url)).toString('base64');

async function pictureProjector(): Promise<ProjectorBrief> {
  const facts = projectorFacts(await parseGguf(memorySource(encodeGguf(tinyProjector('gemma3')))));
  if (!facts) throw new Error('not a projector');
  return facts;
}

const soundProjector: ProjectorBrief = {
  type: 'qwen2a',
  declaredTypes: { audio: 'qwen2a' },
  hasVision: false,
  hasAudio: true,
  audio: {
    type: 'qwen2a',
    melBins: 128,
    width: 8,
    heads: 2,
    blocks: 1,
    feedForward: 8,
    eps: 1e-5,
    activation: 'gelu',
    projectionWidth: 8,
    stackFactor: 0,
  },
  rowWidth: 8,
  tensorBytes: 0,
};

describe('prepare', () => {
  it('turns a picture into the pieces of its family', async () => {
    const projector = await pictureProjector();
    const parts = await prepare({ source: fixture('pictures/base.jpg'), projector, limits: {} });
    expect(parts.map((part) => ('text' in part ? part.text : [part.piece.kind, part.data.length]))).toEqual([
      '<start_of_image>',
      ['image', 448 * 448 * 3],
      '<end_of_image>',
    ]);
  });

  it.each(['s16.wav', 'mono.mp3', 's24.flac'])('turns %s into pieces of 30 s', async (name) => {
    const parts = await prepare({ source: fixture(`sounds/${name}`), projector: soundProjector, limits: {} });
    const [before, piece, after] = parts;
    expect([before, after]).toEqual([{ text: '<|audio_bos|>' }, { text: '<|audio_eos|>' }]);
    expect(piece).toMatchObject({
      piece: { kind: 'audio', width: 3000, height: 128, tokens: 750, positions: 750 },
    });
    expect(piece && 'data' in piece && piece.data.length).toBe(3000 * 128 * 4);
  });

  it('makes the same digest of the same file, and another one of another file', async () => {
    const projector = await pictureProjector();
    const digest = async (name: string) => {
      const parts = await prepare({ source: fixture(`pictures/${name}`), projector, limits: {} });
      return parts.flatMap((part) => ('piece' in part ? [part.piece.digest] : []))[0];
    };
    expect(await digest('rgb.png')).toBe(await digest('lossless.webp'));
    expect(await digest('rgb.png')).not.toBe(await digest('gray.png'));
  });

  it('says what is wrong with a file that cannot be used', async () => {
    const picture = await pictureProjector();
    const messageOf = (source: string, projector: ProjectorBrief) =>
      prepare({ source, projector, limits: {} }).then(
        () => 'accepted',
        (error) => `${error.code}: ${error.message}`,
      );
    expect(await messageOf('', picture)).toBe('invalid-request: the file is empty');
    expect(await messageOf('????', picture)).toBe('invalid-request: the file is not valid base64');
    expect(await messageOf('AAAA', picture)).toContain('the file is in no format that is accepted');
    expect(await messageOf(fixture('sounds/s16.wav'), picture)).toContain('this model takes only pictures');
    expect(await messageOf(fixture('pictures/rgb.png'), soundProjector)).toContain(
      'this model takes only sound',
    );
    expect(await messageOf(fixture('pictures/rgb.png').slice(0, 100), picture)).toBe(
      'invalid-request: the PNG file ends early',
    );
  });

  it('accepts base64 in lines, as mail has it', async () => {
    const lines = fixture('pictures/rgb.png').replace(/.{76}/g, '$&\r\n');
    expect(await prepare({ source: lines, projector: await pictureProjector(), limits: {} })).toHaveLength(3);
  });
});
