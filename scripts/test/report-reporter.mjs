// A reporter of vitest: writes counts, what failed (name, file and the first line of the reason) and the seconds of each file to the
// file that TEST_REPORT names.
import { writeFileSync } from 'node:fs';

const states = { passed: 'passed', failed: 'failed', skipped: 'skipped', pending: 'skipped' };

export default class ReportReporter {
  onTestRunEnd(modules, errors) {
    const failures = errors.map(({ message }) => ({ name: 'outside of tests', reason: firstLine(message) }));
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const files = modules.map((module) => {
      const path = module.relativeModuleId;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[states[state]] += 1;
        if (state === 'failed') failures.push(failure(path, test.fullName, test.result().errors));
      }
      // A file that cannot be loaded, and a group whose hooks fail, may have no failed test.
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0) failures.push(failure(path, suite.fullName, suite.errors()));
      if (module.errors().length > 0) failures.push(failure(path, undefined, module.errors()));
      const { collectDuration, setupDuration, prepareDuration, duration } = module.diagnostic();
      const seconds = (collectDuration + setupDuration + prepareDuration + duration) / 1000;
      return { path, seconds };
    });
    writeFileSync(process.env.TEST_REPORT, JSON.stringify({ counts, failures, files }));
  }
}

function failure(path, title, errors) {
  const name = title === undefined ? path : `${path} > ${title}`;
  return { name, path, reason: firstLine(errors?.[0]?.message ?? '') };
}

function firstLine(text) {
  return String(text).split('\n')[0];
}
