/** A server whose model "v" takes pictures and whose model "a" takes sound, too; "m" takes neither. */
import { FakeMedia } from '../chats/fake-media.ts';
import { smallProjector } from '../models/small-gguf.ts';
import { ScriptRunner } from '../runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

const template =
  '{{ range .Messages }}{{ .Role }}: {{ .Content }}{{ range .ToolCalls }} {{ .Function.Name }}{{ end }} {{ end }}{{ if .Tools }}{{ end }}';

export interface VisionServer extends ScriptServer {
  readonly media: FakeMedia;
}

export async function startVisionServer(
  options: Parameters<typeof startScriptServer>[0] = {},
): Promise<VisionServer> {
  const media = new FakeMedia();
  const runner = new ScriptRunner({ pieces: ['A', ' cat'] }, { addsBos: true });
  const server = await startScriptServer({ runner, media, ...options });
  const upload = async (bytes: Uint8Array) => (await server.store.blobs.write(chunks(bytes))).digest;
  const picture = await upload(smallProjector());
  const sound = await upload(
    smallProjector({
      'clip.has_audio_encoder': { type: 'bool', value: true },
      'clip.audio.projector_type': { type: 'string', value: 'ultravox' },
      'clip.audio.embedding_length': { type: 'u32', value: 32 },
      'clip.audio.feed_forward_length': { type: 'u32', value: 64 },
      'clip.audio.block_count': { type: 'u32', value: 2 },
      'clip.audio.attention.head_count': { type: 'u32', value: 2 },
      'clip.audio.num_mel_bins': { type: 'u32', value: 80 },
    }),
  );
  await server.addModel('v', { create: { template }, files: { 'mmproj.gguf': picture } });
  await server.addModel('a', { create: { template }, files: { 'mmproj.gguf': sound } });
  await server.addModel('m', { create: { template } });
  return Object.assign(server, { media });
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Base64 of a file that begins like a PNG; nothing decodes it. */
export const picture = (text = 'a'): string =>
  Buffer.from(`\x89PNG\r\n\x1a\n${text}`, 'latin1').toString('base64');

/** Base64 of a file that begins like a WAV. */
export const sound = Buffer.from('RIFF....WAVEfmt ').toString('base64');
