/** What a run tells while it is under way. The library never prints; the command line shows these on stderr. */
export type RunEvent =
  | {
      readonly type: 'connected';
      readonly server: string;
      readonly serverVersion: number;
      /** What it calls itself, where it is not PostgreSQL. */
      readonly product?: string;
    }
  | { readonly type: 'database-created'; readonly server: string }
  | { readonly type: 'lock-wait'; readonly target: string; readonly holder: string }
  | { readonly type: 'script-start'; readonly target: string; readonly script: string }
  | {
      readonly type: 'script-done';
      readonly target: string;
      readonly script: string;
      readonly durationMs: number;
    }
  | {
      readonly type: 'retry';
      readonly target: string;
      readonly script: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | { readonly type: 'notice'; readonly message: string }
  | {
      readonly type: 'fleet-start';
      readonly runId: string;
      readonly server: string;
      /** Targets to work on in this run; further ones stand right already. */
      readonly targets: number;
      readonly concurrency: number;
    }
  | { readonly type: 'wave'; readonly name: string; readonly targets: number }
  | { readonly type: 'target-start'; readonly target: string }
  | {
      readonly type: 'target-done';
      readonly target: string;
      readonly state: 'succeeded' | 'unchanged' | 'failed';
      readonly scripts: number;
      readonly durationMs: number;
      readonly error?: { readonly code: string; readonly message: string };
    }
  /** It had to give way, and comes back behind the others. */
  | {
      readonly type: 'target-later';
      readonly target: string;
      readonly attempt: number;
      readonly reason: string;
    };

export type OnEvent = (event: RunEvent) => void;

/** What became of one script in a run. */
export interface ScriptOutcome {
  readonly target: string;
  readonly script: string;
  readonly state: 'applied' | 'rolled-back' | 'already-applied' | 'failed' | 'not-run';
  /** Milliseconds; only for scripts that ran to their end. */
  readonly durationMs?: number;
}
