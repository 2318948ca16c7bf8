/** A value that a model wrote as plain text, read as one of the types of its schema; a string where none fits. */
export function typedValue(text: string, types: readonly string[]): unknown {
  if (text.toLowerCase() === 'null') return null;
  if (types.includes('boolean')) {
    const word = text.toLowerCase();
    if (word === 'true' || word === 'false') return word === 'true';
  }
  if (types.includes('integer') && /^[+-]?\d+$/.test(text)) return Number(text);
  if (types.includes('number') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  const value = types.includes('array') || types.includes('object') ? parsedJson(text) : undefined;
  if (Array.isArray(value)) return types.includes('array') ? value : text;
  return typeof value === 'object' && value !== null && types.includes('object') ? value : text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
