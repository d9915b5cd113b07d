import { mock } from 'node:test';
import { ManualClock } from './manual-clock.ts';

/**
 * A clock by hand that takes the system's date along, for libraries that read it themselves: the tokens that they
 * date, and the verifiers of the other side, then agree with the product. Timers still run by real time.
 */
export class TravellingClock extends ManualClock implements Disposable {
  constructor(start: string | Date = '2026-03-02T09:00:00Z') {
    super(start);
    mock.timers.enable({ apis: ['Date'], now: this.now() });
  }

  override advance(ms: number): void {
    super.advance(ms);
    mock.timers.setTime(this.now().getTime());
  }

  override set(instant: string | Date): void {
    super.set(instant);
    mock.timers.setTime(this.now().getTime());
  }

  [Symbol.dispose](): void {
    mock.timers.reset();
  }
}
