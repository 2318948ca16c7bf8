/** The chi-square statistic of two samples of equal size, over the values seen at least ten times in both together. */
export function twoSampleChiSquare(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) {
  let statistic = 0;
  let freedom = 0;
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const [left, right] = [one.get(key) ?? 0, other.get(key) ?? 0];
    if (left + right < 10) continue;
    statistic += (left - right) ** 2 / (left + right);
    freedom++;
  }
  return { statistic, freedom };
}
