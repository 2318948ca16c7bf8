/** Takes a few characters out, or puts a piece of it elsewhere. */
export function mutated(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const length = 1 + Math.floor(random() * 6);
  if (random() < 0.5) return text.slice(0, at) + text.slice(at + length);
  const to = Math.floor(random() * text.length);
  return text.slice(0, to) + text.slice(at, at + length) + text.slice(to);
}
