/** Added to the logit of a token (by id) or of each token of a text; false = never this token. */
export type LogitBias = readonly [token: number | string, bias: number | false];

/** Each one is looked at for every token; OpenAI takes 300. */
const MAX_BIASES = 1024;
/** No token is longer; a longer text is a mistake. */
const MAX_TEXT_LENGTH = 256;
/** A logit this far off decides already; far larger ones lose the precision of float32. */
const MAX_BIAS = 1000;

/**
 * Reads `{"15043": 1.5, "hello": -5, "bad": false}` or `[[15043, 1.5], ["hello", -5], ["bad", false]]`. Only the object
 * form reads digits as a token id.
 * @returns the list form, or a sentence about what is wrong
 */
export function parseLogitBias(value: unknown): LogitBias[] | string {
  if (typeof value !== 'object' || value === null) return 'must be of type object or array';
  const entries = Array.isArray(value) ? value : Object.entries(value).map(idFromDigits);
  if (entries.length > MAX_BIASES) return `may hold ${MAX_BIASES} biases at most`;
  const biases: LogitBias[] = [];
  for (const entry of entries) {
    const bias = parseEntry(entry);
    if (typeof bias === 'string') return bias;
    biases.push(bias);
  }
  return biases;
}

function idFromDigits([key, bias]: [string, unknown]): [number | string, unknown] {
  return [/^-?\d+$/.test(key) ? Number(key) : key, bias];
}

function parseEntry(entry: unknown): LogitBias | string {
  if (!Array.isArray(entry) || entry.length !== 2) return 'must hold pairs of a token and its bias';
  const [token, bias]: readonly unknown[] = entry;
  if (typeof token === 'string') {
    if (token === '' || token.length > MAX_TEXT_LENGTH) {
      return `may hold texts of 1 to ${MAX_TEXT_LENGTH} characters`;
    }
  } else if (typeof token !== 'number' || !Number.isSafeInteger(token) || token < 0) {
    return `must name tokens by id or text, got ${JSON.stringify(token)}`;
  }
  if (bias === false || bias === Number.NEGATIVE_INFINITY) return [token, false];
  if (typeof bias !== 'number' || !(Math.abs(bias) <= MAX_BIAS)) {
    return `must have biases between -${MAX_BIAS} and ${MAX_BIAS}, or false, got ${String(bias)} for ${JSON.stringify(token)}`;
  }
  return [token, bias];
}
