// Which failed tests run a second time, and what that changes.
//
// End-to-end tests start processes, browsers and sockets on a machine that other programs use as well; now and then one waits
// longer than its limit. A test that passes when its file runs again, alone, does not fail the run, but is named in the output.
// A test with random input found a case, a unit test depends on no other program, and many failures have a common cause: they
// never run again.

/** More files than this have a common cause. */
const MOST_FILES = 3;

/** Steps whose tests wait for other programs. */
const endToEndSteps = ['wire', 'model', 'browser', 'waiting', 'clients', 'exact', 'long', 'attack'];

/**
 * @param {{ name: string, failures: { name: string, path?: string }[] }[]} results
 * @param {string[]} randomTests paths of tests with random input
 * @returns the results that can be mended, each with the files to run
 */
export function filesToRepeat(results, randomTests) {
  const failed = results.filter(({ failures }) => failures.length > 0);
  const repeatable = ({ name, failures }) =>
    endToEndSteps.includes(name) &&
    failures.every(({ path }) => path !== undefined && !randomTests.includes(path));
  const found = failed
    .filter(repeatable)
    .map((result) => ({ result, files: [...new Set(result.failures.map(({ path }) => path))] }));
  return found.flatMap(({ files }) => files).length > MOST_FILES ? [] : found;
}

/**
 * Moves what passed in the second run from the failures of the first one to the passed tests.
 * @returns what passed
 */
export function forgive(first, second) {
  const isFailed = ({ name }) => second.failures.some((other) => other.name === name);
  const ran = second.counts.passed > 0 && second.failures.every(({ path }) => path !== undefined);
  const forgiven = ran ? first.failures.filter((failure) => !isFailed(failure)) : [];
  first.failures = first.failures.filter((failure) => !forgiven.includes(failure));
  first.counts.passed += forgiven.length;
  first.counts.failed = Math.max(first.counts.failed - forgiven.length, first.failures.length);
  return forgiven;
}
