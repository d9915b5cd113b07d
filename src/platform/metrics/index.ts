/**
 * platform/metrics: numbers for operators, in the format of Prometheus, served on the management port.
 *
 * Rooms declare the numbers that they report as plain hooks; `app.ts` connects those to the metrics made here.
 */
export { createMetrics, type Metrics } from './metrics.ts';
