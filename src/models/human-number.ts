/** A parameter count for people, as Ollama writes it into `model_type`: "134.52M", "8.0B", "7B". */
export function humanNumber(count: number): string {
  if (count >= 1e9) return `${scaled(count / 1e9, 1)}B`;
  if (count >= 1e6) return `${scaled(count / 1e6, 2)}M`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)}K`;
  return String(count);
}

function scaled(value: number, digits: number): string {
  return value.toFixed(Number.isInteger(value) ? 0 : digits);
}
