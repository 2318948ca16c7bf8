/** Writes small PDF files (ISO 32000-1), for tests of what reads them. */
import { deflateSync } from 'node:zlib';

/** The content of one object, without its number. */
export type PdfObject = string | Buffer;

/** @param trailer further entries of the trailer, such as "/Encrypt 9 0 R" */
export function pdfFile(objects: readonly PdfObject[], trailer = ''): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  let offset = parts[0]?.length ?? 0;
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    const body = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      typeof object === 'string' ? Buffer.from(object, 'latin1') : object,
      Buffer.from('\nendobj\n'),
    ]);
    offsets.push(offset);
    parts.push(body);
    offset += body.length;
  }
  const lines = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  const end = `trailer\n<< /Size ${count} /Root 1 0 R ${trailer} >>\nstartxref\n${offset}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(`xref\n0 ${count}\n0000000000 65535 f \n${lines}${end}`)]);
}

/** A stream, compressed unless said otherwise. */
export function pdfStream(content: string | Uint8Array, { isPlain = false, entries = '' } = {}): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const data = isPlain ? bytes : deflateSync(bytes);
  const filter = isPlain ? '' : '/Filter /FlateDecode';
  return Buffer.concat([
    Buffer.from(`<< /Length ${data.length} ${filter} ${entries} >>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ]);
}

export interface PdfPages {
  /** The third object, which pages know as /F1. */
  readonly font?: PdfObject;
  readonly isPlain?: boolean;
  /** Entries of the trailer. */
  readonly trailer?: string;
  /** Objects behind the pages; the first one has the number 4 + 2 x pages. */
  readonly others?: readonly PdfObject[];
}

const helvetica = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>';

/** The objects of a file: 1 = catalog, 2 = list of pages, 3 = font, then each page and its content. */
export function pageObjects(contents: readonly PdfObject[], font: PdfObject = helvetica): PdfObject[] {
  const kids = contents.map((_, index) => `${4 + 2 * index} 0 R`).join(' ');
  return [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${contents.length} /Kids [${kids}] >>`,
    font,
    ...contents.flatMap((content, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`,
      content,
    ]),
  ];
}

/** Operators that write lines of text from the top of a page; parentheses and backslashes are escaped. */
export function textOperators(text: string): string {
  const lines = text.split('\n').map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj 0 -14 Td`);
  return `BT /F1 12 Tf 72 720 Td ${lines.join('\n')} ET`;
}

/** A file with one page for each text; an empty text makes an empty page. */
export function textPdf(pages: readonly string[], options: PdfPages = {}): Buffer {
  const { font, isPlain = false, trailer = '', others = [] } = options;
  const contents = pages.map((text) => pdfStream(text === '' ? '' : textOperators(text), { isPlain }));
  return pdfFile([...pageObjects(contents, font), ...others], trailer);
}

/** A page whose codes are numbers of glyphs, which a ToUnicode map names: how most programs write text that is not Latin. */
export function mappedPdf(text: string): Buffer {
  const codes = [...text].map((_, index) => (index + 1).toString(16).padStart(4, '0'));
  const lines = [...text].map((character, index) => `<${codes[index]}> <${utf16(character)}>`);
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Test def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
${lines.length} beginbfchar
${lines.join('\n')}
endbfchar endcmap end end`;
  const font =
    '<< /Type /Font /Subtype /Type0 /BaseFont /Test /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>';
  const content = pdfStream(`BT /F1 12 Tf 72 720 Td <${codes.join('')}> Tj ET`);
  const glyphs =
    '<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Test /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 /FontDescriptor << /Type /FontDescriptor /FontName /Test /Flags 4 >> >>';
  return pdfFile([...pageObjects([content], font), glyphs, pdfStream(map)]);
}

function utf16(character: string): string {
  return Buffer.from(character, 'utf16le').swap16().toString('hex');
}

/** What a reader needs a password for: any, since these keys belong to none. */
export const encryptedTrailer = `/ID [<${'00'.repeat(16)}><${'00'.repeat(16)}>] /Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> >>`;

/** A page that is a picture, as scanners make them. */
export function scannedPdf(): Buffer {
  const picture = pdfStream(Buffer.alloc(64 * 64, 0xcc), {
    entries:
      '/Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 8',
  });
  const objects = pageObjects([pdfStream('612 0 0 792 0 0 cm /Im1 Do')]);
  objects[3] =
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /XObject << /Im1 6 0 R >> >> /Contents 5 0 R >>';
  return pdfFile([...objects, picture]);
}
