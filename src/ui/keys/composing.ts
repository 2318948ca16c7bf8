/** What browsers report for keys that an input method takes. */
const INPUT_METHOD_KEY = 229;

/**
 * Whether a key belongs to an input method, such as the Enter that accepts Chinese characters. Safari reports that Enter when the
 * composition has ended already: only its old code tells it apart.
 */
export function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === INPUT_METHOD_KEY;
}
