/** The plots of the engine page: which lines they show, and in which units. */

import { rateText } from '../../words/format.ts';
import { msText } from '../texts.ts';
import type { LineName } from './series.ts';

interface PlotLine {
  readonly line: LineName;
  /** Written at the end of the line; '' where there is one line only. */
  readonly label: string;
  readonly colour: 'prefill' | 'decode' | 'draft' | 'text' | 'label';
}

export interface PlotSpec {
  readonly name: 'decode' | 'prefill' | 'firstToken' | 'gap' | 'batch' | 'drafts';
  readonly lines: readonly PlotLine[];
  /** The scale reaches from 0 to at least this. */
  readonly least: number;
  readonly format: (value: number) => string;
}

const count = (value: number) => (value === 0 ? '0' : rateText(value));
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

export const plots: readonly PlotSpec[] = [
  {
    name: 'decode',
    lines: [{ line: 'decode', label: '', colour: 'decode' }],
    least: 10,
    format: count,
  },
  {
    name: 'prefill',
    lines: [{ line: 'prefill', label: '', colour: 'prefill' }],
    least: 100,
    format: count,
  },
  {
    name: 'firstToken',
    lines: [
      { line: 'firstTokenP95', label: 'p95', colour: 'label' },
      { line: 'firstTokenP50', label: 'p50', colour: 'prefill' },
    ],
    least: 100,
    format: msText,
  },
  {
    name: 'gap',
    lines: [
      { line: 'gapP95', label: 'p95', colour: 'label' },
      { line: 'gapP50', label: 'p50', colour: 'decode' },
    ],
    least: 10,
    format: msText,
  },
  {
    name: 'batch',
    lines: [{ line: 'batch', label: '', colour: 'text' }],
    least: 1,
    format: count,
  },
  {
    name: 'drafts',
    lines: [{ line: 'drafts', label: '', colour: 'draft' }],
    least: 1,
    format: percent,
  },
];
