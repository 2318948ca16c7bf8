const GAP = '    ';

/**
 * Formats left-aligned columns, four spaces apart. The last column is padded too, followed by one space in the header and
 * by four in the rows: byte for byte Ollama's output, which scripts may parse.
 * @param columns width of a narrow terminal, where each cell gets its own line
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns?: number,
): string {
  if (columns !== undefined && rows.length > 0) return rows.map((row) => record(header, row)).join('\n');
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(GAP);
  return [`${line(header)} \n`, ...rows.map((row) => `${line(row)}${GAP}\n`)].join('');
}

function record(header: readonly string[], row: readonly string[]): string {
  const width = Math.max(...header.map(({ length }) => length));
  return header.map((title, column) => `${title.padEnd(width)} ${row[column] ?? ''}\n`).join('');
}
