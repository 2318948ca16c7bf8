/** Reads what a library for macOS defines and needs: 64-bit Mach-O files, as <mach-o/loader.h> and <mach-o/nlist.h> describe them. */

export interface MachO {
  /** Functions and data that other files can use, without the leading underscore of C. */
  readonly symbols: ReadonlySet<string>;
  /** Other libraries, as "@rpath/libggml-base.dylib". */
  readonly needed: readonly string[];
  /** The oldest version of macOS that loads it, such as "14.0". */
  readonly minimumSystem: string | undefined;
}

const MAGIC = 0xfeedfacf;
const HEADER_BYTES = 32;
const commands = { symbols: 0x2, load: 0xc, weakLoad: 0x8000_0018, reexport: 0x8000_001f, build: 0x32 };
const SYMBOL_BYTES = 16;
/** Of a symbol's type: visible to other files, and where it is defined (0 = elsewhere). */
const EXTERNAL = 0x01;
const DEFINED = 0x0e;

export function readMachO(file: Buffer): MachO {
  if (file.readUInt32LE(0) !== MAGIC) throw new Error('not a 64-bit Mach-O file');
  const symbols = new Set<string>();
  const needed: string[] = [];
  let minimumSystem: string | undefined;
  let at = HEADER_BYTES;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const command = file.readUInt32LE(at);
    if (command === commands.symbols) for (const name of symbolsOf(file, at)) symbols.add(name);
    if ([commands.load, commands.weakLoad, commands.reexport].includes(command)) {
      needed.push(textAt(file, at + file.readUInt32LE(at + 8)));
    }
    if (command === commands.build) {
      const version = file.readUInt32LE(at + 12);
      minimumSystem = `${version >>> 16}.${(version >>> 8) & 0xff}`;
    }
    at += file.readUInt32LE(at + 4);
  }
  return { symbols, needed, minimumSystem };
}

function* symbolsOf(file: Buffer, command: number): Generator<string> {
  const [table = 0, count = 0, texts = 0] = [8, 12, 16].map((offset) => file.readUInt32LE(command + offset));
  for (let index = 0; index < count; index++) {
    const at = table + index * SYMBOL_BYTES;
    const type = file[at + 4] ?? 0;
    if ((type & EXTERNAL) === 0 || (type & DEFINED) === 0) continue;
    yield textAt(file, texts + file.readUInt32LE(at)).replace(/^_/, '');
  }
}

function textAt(file: Buffer, start: number): string {
  return file.toString('latin1', start, file.indexOf(0, start));
}
