/** The line that a child writes to standard error before it ends itself because a request's grammar does not return. */
export function overrunLine(id: number): string {
  return `sampling overrun of request ${id}`;
}

/** The request that such a line names; undefined for any other line. */
export function overrunRequest(line: string): number | undefined {
  const id = /^sampling overrun of request (\d+)$/.exec(line)?.[1];
  return id === undefined ? undefined : Number(id);
}
