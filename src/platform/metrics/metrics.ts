import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Makes and serves metrics. Names get the prefix `vestibule_`; a name is made once. */
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
  return {
    counter(name, help, labels = []) {
      const counter = new Counter(shape(name, help, labels));
      return (values = {}, by = 1) => counter.inc({ ...values }, by);
    },
    gauge(name, help, labels = []) {
      const gauge = new Gauge(shape(name, help, labels));
      return (value, values = {}) => gauge.set({ ...values }, value);
    },
    histogram(name, help, buckets, labels = []) {
      const histogram = new Histogram({ ...shape(name, help, labels), buckets: [...buckets] });
      return (value, values = {}) => histogram.observe({ ...values }, value);
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
