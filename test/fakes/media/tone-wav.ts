/** Bytes before the samples of a WAV file. */
const HEAD_BYTES = 44;
const SAMPLE_RATE = 16_000;
/** Half of the largest sample. */
const AMPLITUDE = 2 ** 14;

/** A tone as a WAV file of 16-bit samples, 16,000 a second. */
export function toneWav(hertz: number, seconds: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + 2 * Math.round(seconds * SAMPLE_RATE));
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(SAMPLE_RATE, 24);
  bytes.writeUInt32LE(2 * SAMPLE_RATE, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(bytes.length - HEAD_BYTES, 40);
  for (let at = HEAD_BYTES, time = 0; at < bytes.length; at += 2, time += 1 / SAMPLE_RATE) {
    bytes.writeInt16LE(Math.round(AMPLITUDE * Math.sin(2 * Math.PI * hertz * time)), at);
  }
  return bytes;
}
