import type { RunEvent } from '../apply/events.js';
import { count } from '../shared/texts.js';

/** How far a run over many departments has come. */
export interface FleetProgress {
  /** @returns a line worth telling at once, if the event is one. */
  readonly note: (event: RunEvent, now: number) => string | undefined;
  /** `412 of 1000 departments, 2 failed, 16.2 a second, 36 s left`; undefined before the run and after its end. */
  readonly line: (now: number) => string | undefined;
}

/** Counts what a run tells. Times are in milliseconds of the caller's clock. */
export function createFleetProgress(): FleetProgress {
  let total = 0;
  let done = 0;
  let failed = 0;
  let startedAt = 0;
  return {
    note: (event, now) => {
      if (event.type === 'fleet-start') {
        // Several databases tell of their parts of one run.
        if (total === 0) startedAt = now;
        total += event.targets;
        return `run ${event.runId}: ${count(event.targets, 'department')} in ${event.server}, ${event.concurrency} at a time`;
      }
      if (event.type === 'wave')
        return `wave ${event.name || 'of all others'}: ${count(event.targets, 'department')}`;
      if (event.type === 'target-later' && event.attempt === 1)
        return `later ${event.target}: ${event.reason}`;
      if (event.type !== 'target-done') return undefined;
      done += 1;
      if (event.state !== 'failed') return undefined;
      failed += 1;
      return `failed ${event.target}: ${event.error?.code ?? ''} ${event.error?.message ?? ''}`;
    },
    line: (now) => {
      if (total === 0 || done === total) return undefined;
      const perSecond = done / Math.max((now - startedAt) / 1000, 0.001);
      const left = perSecond > 0 ? `, ${timeLeft((total - done) / perSecond)} left` : '';
      const bad = failed > 0 ? `, ${failed} failed` : '';
      return `${done} of ${count(total, 'department')}${bad}, ${perSecond.toFixed(1)} a second${left}`;
    },
  };
}

function timeLeft(seconds: number): string {
  const rounded = Math.ceil(seconds);
  return rounded < 120 ? `${rounded} s` : `${Math.ceil(rounded / 60)} min`;
}
