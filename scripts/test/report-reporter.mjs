// A reporter of vitest: writes counts and the seconds of each file to the file that TEST_REPORT names.
import { writeFileSync } from 'node:fs';

const states = { passed: 'passed', failed: 'failed', skipped: 'skipped', pending: 'skipped' };

export default class ReportReporter {
  onTestRunEnd(modules) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const files = modules.map((module) => {
      for (const test of module.children.allTests()) counts[states[test.result().state]] += 1;
      const { collectDuration, setupDuration, prepareDuration, duration } = module.diagnostic();
      const seconds = (collectDuration + setupDuration + prepareDuration + duration) / 1000;
      return { path: module.relativeModuleId, seconds };
    });
    writeFileSync(process.env.TEST_REPORT, JSON.stringify({ counts, files }));
  }
}
