/** The middle value, or the mean of the two middle ones; undefined for no values. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/**
 * Median of the ratios of paired runs, so that load that slows both servers at the same moment cancels out. Pairs with a
 * missing or zero value are ignored.
 */
export function medianRatio(
  ours: readonly (number | undefined)[],
  peers: readonly (number | undefined)[],
): number | undefined {
  const ratios = ours.flatMap((own, index) => {
    const peer = peers[index];
    return own === undefined || peer === undefined || peer === 0 ? [] : [own / peer];
  });
  return median(ratios);
}

/** The longest interval between neighbouring times; 0 for fewer than two times. */
export function worstGap(times: readonly number[]): number {
  return times.slice(1).reduce((worst, time, index) => Math.max(worst, time - (times[index] ?? time)), 0);
}
