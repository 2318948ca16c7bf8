// Writes archives whose bytes depend on nothing but the names, modes and contents of their files.
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, gzip } from 'node:zlib';

/** POSIX.1-1988 ("ustar"). */
const BLOCK_BYTES = 512;
/** Enough for the names here; longer ones need another header. */
const MAX_NAME_BYTES = 100;
/** 1980 is where the times of zip archives begin. */
const EPOCH_SECONDS = Date.UTC(1980, 0, 1) / 1000;
const ZIP_DATE = 0x21;
const DEFLATE = 8;

/** @typedef {{ name: string, mode: number, bytes: Buffer }} ArchiveFile */

/** @param {readonly ArchiveFile[]} files */
export async function makeTgz(files) {
  const parts = [];
  for (const folder of foldersOf(files)) parts.push(tarHeader({ name: `${folder}/`, mode: 0o755 }, 0, '5'));
  for (const file of files) {
    const padding = Buffer.alloc((BLOCK_BYTES - (file.bytes.length % BLOCK_BYTES)) % BLOCK_BYTES);
    parts.push(tarHeader(file, file.bytes.length, '0'), file.bytes, padding);
  }
  parts.push(Buffer.alloc(2 * BLOCK_BYTES));
  const packed = await promisify(gzip)(Buffer.concat(parts), { level: constants.Z_BEST_COMPRESSION });
  // Byte 9 names the system that packed it (RFC 1952): unknown.
  packed[9] = 0xff;
  return packed;
}

function tarHeader({ name, mode }, size, type) {
  const header = Buffer.alloc(BLOCK_BYTES);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new Error(`${name} is too long for the archive`);
  const octal = (value, digits) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(EPOCH_SECONDS, 11), 136);
  header.fill(' ', 148, 156);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function foldersOf(files) {
  const found = new Set();
  for (const { name } of files) {
    const parts = name.split('/').slice(0, -1);
    for (const index of parts.keys()) found.add(parts.slice(0, index + 1).join('/'));
  }
  return [...found].sort();
}

/** @param {readonly ArchiveFile[]} files together below 4 GiB, because larger archives need another format */
export async function makeZip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, mode, bytes } of files) {
    const packed = await promisify(deflateRaw)(bytes, { level: constants.Z_BEST_COMPRESSION });
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    // Version 2.0, names in UTF-8, deflate.
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(DEFLATE, 4);
    common.writeUInt16LE(ZIP_DATE, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), common, path, packed);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6);
    end.writeUInt32LE(offset, 10);
    // Made by version 2.0 on Unix, so that the modes count there.
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, end, path);
    offset += 4 + common.length + path.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const last = Buffer.alloc(22);
  last.write('PK\x05\x06', 'latin1');
  last.writeUInt16LE(files.length, 8);
  last.writeUInt16LE(files.length, 10);
  last.writeUInt32LE(list.length, 12);
  last.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, last]);
}
