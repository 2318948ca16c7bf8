/** A value added to the logit of a token (given by ID) or of each token of a text; false bans the token. */
export type LogitBias = readonly [token: number | string, bias: number | false];

/** Every bias is applied at every token; OpenAI accepts 300. */
const MAX_BIASES = 1024;
/** No token is longer, so a longer text is a mistake. */
const MAX_TEXT_LENGTH = 256;
/** A bias of this size already decides the choice; far larger ones exceed the precision of float32. */
const MAX_BIAS = 1000;

/**
 * Parses `{"15043": 1.5, "hello": -5, "bad": false}` or `[[15043, 1.5], ["hello", -5], ["bad", false]]`. Only the object
 * form reads digits as a token ID.
 * @returns the list form, or a phrase that says what is wrong
 */
export function parseLogitBias(value: unknown): LogitBias[] | string {
  if (typeof value !== 'object' || value === null) return 'must be of type object or array';
  const length = Array.isArray(value) ? value.length : Object.keys(value).length;
  if (length > MAX_BIASES) return `accepts at most ${MAX_BIASES} biases`;
  const entries = Array.isArray(value) ? value : Object.entries(value).map(idFromDigits);
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
  if (!Array.isArray(entry) || entry.length !== 2) return 'must contain pairs of a token and its bias';
  const [token, bias]: readonly unknown[] = entry;
  if (typeof token === 'string') {
    if (token === '' || token.length > MAX_TEXT_LENGTH) {
      return `accepts texts of 1 to ${MAX_TEXT_LENGTH} characters`;
    }
  } else if (typeof token !== 'number' || !Number.isSafeInteger(token) || token < 0) {
    return `must name tokens by ID or text, got ${JSON.stringify(token)}`;
  }
  if (bias === false || bias === Number.NEGATIVE_INFINITY) return [token, false];
  if (typeof bias !== 'number' || !(Math.abs(bias) <= MAX_BIAS)) {
    return `must have biases between -${MAX_BIAS} and ${MAX_BIAS}, or false, got ${String(bias)} for ${JSON.stringify(token)}`;
  }
  return [token, bias];
}
