const SHORTEST = 2048;
/** Where the training context is not known. */
const USUAL_LONGEST = 32_768;

export const slotSteps: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/** Contexts to choose from: 0 for the server's choice, then doubling up to the longest. @param longest in tokens; 0 = unknown */
export function contextSteps(longest = 0): readonly number[] {
  const limit = longest > 0 ? longest : USUAL_LONGEST;
  const steps = [0];
  for (let context = SHORTEST; context < limit; context *= 2) steps.push(context);
  return [...steps, limit];
}
