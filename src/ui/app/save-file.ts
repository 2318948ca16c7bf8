/** The browser reads the file after the click; then the memory is given back. */
const KEPT_MS = 60_000;

/** Gives the user a file. */
export function saveFile(name: string, type: string, ...texts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...texts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
