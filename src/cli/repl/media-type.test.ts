import { describe, expect, it } from 'vitest';
import { mediaTypeOf } from './media-type.ts';

const typeOf = (text: string) => mediaTypeOf(Buffer.from(text, 'latin1'));

describe('the type of a file', () => {
  it.each([
    ['\u00ff\u00d8\u00ff\u00e0', 'image/jpeg'],
    ['\u0089PNG\r\n\u001a\n', 'image/png'],
    ['RIFF\u0001\u0002\u0003\u0004WEBPVP8 ', 'image/webp'],
    ['RIFF\u0001\u0002\u0003\u0004WAVEfmt ', 'audio/wave'],
    ['RIFF\u0001\u0002\u0003\u0004AVI LIST', 'video/avi'],
    ['GIF89a', 'image/gif'],
    ['BM1234', 'image/bmp'],
    ['%PDF-1.7', 'application/pdf'],
    ['ID3\u0004', 'audio/mpeg'],
    ['\u00ff\u00fb\u0090d', 'audio/mpeg'],
    ['fLaC\u0000', 'audio/flac'],
    ['\u0000\u0000\u0000\u0020ftypisom', 'video/mp4'],
    ['PK\u0003\u0004', 'application/zip'],
    ['\n <!DOCTYPE html>', 'text/html; charset=utf-8'],
    ['<?xml version="1.0"?><svg/>', 'text/xml; charset=utf-8'],
    ['Just a text.\n', 'text/plain; charset=utf-8'],
    ['', 'text/plain; charset=utf-8'],
    ['\u00c3\u00a9t\u00c3\u00a9', 'text/plain; charset=utf-8'],
    ['a\u0000b', 'application/octet-stream'],
    ['RIFF', 'text/plain; charset=utf-8'],
  ])('%j is %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });
});
