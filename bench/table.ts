export interface TableRow {
  readonly title: string;
  readonly better: 'higher' | 'lower';
  readonly goal?: string | undefined;
  readonly ours: number | undefined;
  /** The other sides, in the order of the table's columns. */
  readonly others: readonly { readonly value: number | undefined; readonly ratio: number | undefined }[];
}

/**
 * Formats an aligned Markdown table. The sign after a ratio shows who is ahead: + for ours, - for the other side.
 * @param labels a name for each side, ours first
 */
export function formatTable(rows: readonly TableRow[], labels: readonly string[]): string {
  const [ours = 'ours', ...others] = labels;
  const hasGoals = others.length > 0 && rows.some(({ goal }) => goal !== undefined);
  const header = [
    'figure',
    ours,
    ...others.flatMap((label) => [label, 'ratio']),
    ...(hasGoals ? ['goal'] : []),
  ];
  const body = rows.map((row) => [
    row.title,
    formatNumber(row.ours),
    ...others.flatMap((_, index) => {
      const side = row.others[index];
      return [formatNumber(side?.value), formatRatio(side?.ratio, row.better)];
    }),
    ...(hasGoals ? [row.goal ?? ''] : []),
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...body].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(header), line(rule), ...body.map(line)].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Formats a number with about three significant digits and no exponent. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return 'n/a';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}

function formatRatio(ratio: number | undefined, better: TableRow['better']): string {
  if (ratio === undefined) return 'n/a';
  const ahead = better === 'higher' ? ratio >= 1 : ratio <= 1;
  return `${ratio.toFixed(2)} x ${ahead ? '+' : '-'}`;
}
