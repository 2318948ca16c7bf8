const GAP = '    ';

/**
 * Left-aligned columns four spaces apart. The last column is padded too, followed by one space in the header and by
 * four in the rows: Ollama's own output, to the byte, for the scripts that cut it.
 * @param columns of a narrow terminal: each cell gets a line of its own there
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
