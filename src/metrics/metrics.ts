import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { RunObserver, RunRecord } from '../runs/run-record.ts';
import { HttpFigures, type HttpRequest } from './figures/http-figures.ts';
import { KeyFigures } from './figures/key-figures.ts';
import { type LiveSource, type Moment, momentOf } from './figures/live-figures.ts';
import { type LoadResult, ModelFigures } from './figures/model-figures.ts';
import { RecentMap } from './figures/recent-map.ts';
import type { MetricState } from './metric-state.ts';
import { metricTable, type TableOptions } from './metric-table.ts';
import { MetricsPage } from './page/metrics-page.ts';
import { type PageFormat, pageFormats } from './page/prom-metric.ts';

/** Each takes 50 KB of the page. Only models of the store get here, and those used longest ago make room. */
const MOST_MODELS = 50;

export interface MetricsParts extends TableOptions {
  readonly version: string;
  /** The name under which the engine knows a model that was asked for, by an alias or itself. */
  readonly modelName: (listed: string) => string;
  readonly live: LiveSource;
  /** Milliseconds of a monotonic clock; absent = `performance.now()`. */
  readonly now?: () => number;
}

/** What the engines of some models do. */
export interface EngineLoad {
  /** Tokens that running sequences held at the last report. */
  readonly heldTokens: number;
  readonly promptTokens: number;
  /** The part of `promptTokens` whose state was reused. */
  readonly reusedTokens: number;
  /** Generated tokens per second, lately. */
  readonly generationRate: number;
}

/** A page to send. */
export interface WrittenPage {
  readonly type: string;
  /** Its parts, one after another. */
  readonly chunks: readonly Buffer[];
}

/**
 * Counts what happens, and writes it as metrics. Labels are bounded: names of models that do not exist, paths and
 * credentials never become one.
 */
export class Metrics implements RunObserver {
  readonly #parts: MetricsParts;
  readonly #models = new RecentMap(MOST_MODELS, (name) => new ModelFigures(name));
  readonly #http = new HttpFigures();
  readonly #keys = new KeyFigures();
  readonly #deaths = new Map<string, number>();
  readonly #changes = { runs: 0, engine: 0, scheduler: 0, server: 0 };
  readonly #pages = new Map<PageFormat, MetricsPage>();
  #evictions = 0;
  #pulledBytes = 0;
  #moment: Moment = { models: [], waiting: [] };

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  /** A run has ended. */
  ended(record: RunRecord): void {
    this.#changes.runs++;
    const { model, keyName } = record;
    if (model !== undefined) this.#model(this.#parts.modelName(model)).runs.add(record);
    if (keyName !== undefined) this.#keys.add(keyName, record);
  }

  /** A child reports what it has counted since its last report. */
  counted(model: string, figures: EngineFigures): void {
    this.#changes.engine++;
    const { engine, generation } = this.#model(model);
    engine.add(figures);
    generation.add(figures.generatedTokens, this.#now());
  }

  loadEnded(model: string, result: LoadResult, milliseconds: number): void {
    this.#changes.scheduler++;
    const { loads, loadSeconds, engine } = this.#model(model);
    loads[result]++;
    if (result !== 'loaded') return;
    loadSeconds.observe(milliseconds / 1000);
    engine.heldTokens = 0;
  }

  /** A model was unloaded for another. */
  evicted(): void {
    this.#changes.scheduler++;
    this.#evictions++;
  }

  /** A runner has exited although nobody asked it to. */
  died(model: string, { signal }: { readonly signal: string | null }): void {
    this.#changes.scheduler++;
    const reason = signal ?? 'exit';
    this.#deaths.set(reason, (this.#deaths.get(reason) ?? 0) + 1);
    this.#model(model).engine.heldTokens = 0;
  }

  answered(request: HttpRequest): void {
    this.#changes.server++;
    this.#http.add(request);
  }

  pulled(bytes: number): void {
    this.#changes.server++;
    this.#pulledBytes += bytes;
  }

  /** The work of some models together. */
  engineLoad(names: readonly string[]): EngineLoad {
    const load = { heldTokens: 0, promptTokens: 0, reusedTokens: 0, generationRate: 0 };
    for (const { name, engine, generation } of this.#models.values()) {
      if (!names.includes(name)) continue;
      load.heldTokens += engine.heldTokens;
      load.promptTokens += engine.promptTokens;
      load.reusedTokens += engine.reusedTokens;
      load.generationRate += generation.perSecond(this.#now());
    }
    return load;
  }

  /** Writes the page. */
  async page(format: PageFormat): Promise<WrittenPage> {
    this.#moment = momentOf(this.#parts.live);
    return { type: pageFormats[format], chunks: await this.#pageOf(format).chunks() };
  }

  #now(): number {
    return this.#parts.now?.() ?? performance.now();
  }

  #model(name: string): ModelFigures {
    return this.#models.use(name);
  }

  #pageOf(format: PageFormat): MetricsPage {
    const { now } = this.#parts;
    const page =
      this.#pages.get(format) ??
      new MetricsPage({
        rows: metricTable(this.#parts),
        format,
        state: () => this.#state(),
        changes: this.#changes,
        ...(now && { now }),
      });
    this.#pages.set(format, page);
    return page;
  }

  #state(): MetricState {
    const { version, live } = this.#parts;
    return {
      version,
      models: [...this.#models.values()],
      http: this.#http,
      keys: this.#keys,
      evictions: this.#evictions,
      deaths: this.#deaths,
      pulledBytes: this.#pulledBytes,
      live,
      moment: this.#moment,
    };
  }
}
