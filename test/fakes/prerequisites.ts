/**
 * Programs and permissions that some tests need. Where one is missing, its tests are skipped, and the report shows it.
 * Continuous integration (CI=true) must skip nothing: there, a missing prerequisite is a failure that names it.
 */

interface Skippable {
  skip(reason: string): never;
}

function isRequired(): boolean {
  return process.env.CI === 'true' || process.env.CI === '1';
}

function refusal(name: string): Error {
  return new Error(`${name} is required where CI=true, and is missing: .ci/run installs what tests need`);
}

/**
 * @param found undefined or false if the prerequisite is missing
 * @returns `found`
 * @throws Error that names the prerequisite, if it is missing and CI=true
 */
export function prerequisite<T>(name: string, found: T): T {
  if (isRequired() && (found === undefined || found === false)) throw refusal(name);
  return found;
}

/**
 * Ends the running test, which lacks a prerequisite, as skipped.
 * @throws Error that names the prerequisite, if CI=true
 */
export function skipWithout(name: string, context: Skippable, reason = `${name} is missing`): never {
  if (isRequired()) throw refusal(name);
  return context.skip(reason);
}
