import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Makes and serves metrics. Names get the prefix `vestibule_`; asking for a name again gives the one that is there. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): (labels?: Labels, by?: number) => void;
  gauge(name: string, help: string, labels?: readonly string[]): (value: number, labels?: Labels) => void;
  /** @param buckets upper bounds, ascending. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): (value: number, labels?: Labels) => void;
  readonly contentType: string;
  /** All metrics as text. */
  render(): Promise<string>;
}

type Labels = Readonly<Record<string, string | number>>;

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'vestibule_' });
  const shape = (name: string, help: string, labels: readonly string[]) => ({
    name: `vestibule_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  // Whoever is built anew, for a new configuration, goes on counting where its predecessor stopped.
  const known = <M>(name: string) => registry.getSingleMetric(`vestibule_${name}`) as M | undefined;
  return {
    counter(name, help, labels = []) {
      const counter = known<Counter>(name) ?? new Counter(shape(name, help, labels));
      return (values = {}, by = 1) => counter.inc({ ...values }, by);
    },
    gauge(name, help, labels = []) {
      const gauge = known<Gauge>(name) ?? new Gauge(shape(name, help, labels));
      return (value, values = {}) => gauge.set({ ...values }, value);
    },
    histogram(name, help, buckets, labels = []) {
      const histogram =
        known<Histogram>(name) ?? new Histogram({ ...shape(name, help, labels), buckets: [...buckets] });
      return (value, values = {}) => histogram.observe({ ...values }, value);
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
