const GAP = '    ';

/** Left-aligned columns four spaces apart; the last one is padded too, as Ollama's scripts have come to expect. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(GAP)}${GAP}\n`;
  // Without rows the header ends in one space.
  if (rows.length === 0) return `${header.join(GAP)} \n`;
  return [header, ...rows].map(line).join('');
}
