import { OllamaError } from '../base/errors.ts';
import type { ConvertPlan } from './plan/convert-plan.ts';

/** Characters of a message: it is one line of a terminal or a log, and names from files may be long. */
const LONGEST_MESSAGE = 1000;

/**
 * Plans, and makes fit to print what is said about it. Names and values in messages come from files whose author may want to
 * control a terminal with them.
 * @throws OllamaError as `plan`
 */
export async function withReadableMessages(plan: () => Promise<ConvertPlan>): Promise<ConvertPlan> {
  try {
    const planned = await plan();
    const { report } = planned;
    return {
      ...planned,
      report: {
        ...report,
        source: readable(report.source),
        dropped: report.dropped.map(readable),
        warnings: report.warnings.map(readable),
      },
    };
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    throw new OllamaError(error.code, readable(error.message), { cause: error });
  }
}

/** The text in one line, without control characters, and cut off where it is too long. */
export function readable(text: string): string {
  const line = text.replaceAll(/\p{Cc}/gu, '\ufffd');
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE - 1)}…` : line;
}
