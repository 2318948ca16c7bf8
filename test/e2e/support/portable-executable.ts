/** Reads what a library for Windows offers and needs: 64-bit PE files, as Microsoft's "PE Format" describes them. */

export interface PortableExecutable {
  /** Functions and data that other files can use. */
  readonly symbols: ReadonlySet<string>;
  /** Other libraries, such as "ggml-base.dll". */
  readonly needed: readonly string[];
  /** Seconds since 1970 when it was linked; 0 in builds that can be repeated. */
  readonly linkedAt: number;
}

const PE_OFFSET = 0x3c;
const HEADER_BYTES = 24;
const SECTION_BYTES = 40;
const PE32_PLUS = 0x20b;
/** Of the optional header: where the addresses of the export and the import table are. */
const EXPORTS = 112;
const IMPORTS = 120;
const IMPORT_BYTES = 20;

export function readPortableExecutable(file: Buffer): PortableExecutable {
  const header = file.readUInt32LE(PE_OFFSET);
  if (file.toString('latin1', header, header + 4) !== 'PE\0\0') throw new Error('not a PE file');
  const optional = header + HEADER_BYTES;
  if (file.readUInt16LE(optional) !== PE32_PLUS) throw new Error('not a 64-bit PE file');
  const sections = {
    first: optional + file.readUInt16LE(header + 20),
    count: file.readUInt16LE(header + 6),
  };
  const at = (address: number) => offsetOf(file, sections, address);
  return {
    symbols: new Set(namesOf(file, file.readUInt32LE(optional + EXPORTS), at)),
    needed: importsOf(file, file.readUInt32LE(optional + IMPORTS), at),
    linkedAt: file.readUInt32LE(header + 8),
  };
}

/** Where an address of the loaded library lies in the file. */
function offsetOf(file: Buffer, { first, count }: { first: number; count: number }, address: number): number {
  for (let section = first; section < first + count * SECTION_BYTES; section += SECTION_BYTES) {
    const start = file.readUInt32LE(section + 12);
    if (address >= start && address < start + file.readUInt32LE(section + 16))
      return address - start + file.readUInt32LE(section + 20);
  }
  throw new Error(`no section has the address ${address}`);
}

function namesOf(file: Buffer, table: number, at: (address: number) => number): string[] {
  if (table === 0) return [];
  const offset = at(table);
  const names = at(file.readUInt32LE(offset + 32));
  return Array.from({ length: file.readUInt32LE(offset + 24) }, (_, index) =>
    textAt(file, at(file.readUInt32LE(names + 4 * index))),
  );
}

function importsOf(file: Buffer, table: number, at: (address: number) => number): string[] {
  const found: string[] = [];
  for (let offset = at(table); file.readUInt32LE(offset + 12) !== 0; offset += IMPORT_BYTES)
    found.push(textAt(file, at(file.readUInt32LE(offset + 12))));
  return found;
}

function textAt(file: Buffer, offset: number): string {
  return file.toString('latin1', offset, file.indexOf(0, offset));
}
