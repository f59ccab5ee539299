import type { Session } from '../db/session.js';
import { quoteLiteral } from '../render/quote.js';
import type { Impersonation } from './impersonate.js';

/** One statement that a role tries. */
export interface Probe {
  /** Names it in findings: `select on sales_tenant.contacts`. */
  readonly label: string;
  readonly sql: string;
  /**
   * `rows`: the statement returns one number. `change`: the number of changed rows counts. `place`: an INSERT of one
   * row, whose place is answered.
   */
  readonly counts: 'rows' | 'change' | 'place';
  /** Takes the change back at once, so that probes do not meet one another's rows. */
  readonly undo: boolean;
}

/** What the server answered. */
export interface ProbeAnswer {
  readonly label: string;
  /** `00000` when the statement was carried out. */
  readonly sqlState: string;
  readonly message: string;
  /** Rows seen or changed; 0 when it was refused. */
  readonly rows: number;
  /** Where a planted row stands (its ctid); empty otherwise. */
  readonly place: string;
}

/** Raised inside a probe's block to take its change back. */
const UNDO_STATE = 'FG000';

/**
 * Lets a role try statements, each in a block of its own, in one round trip. Runs inside the caller's transaction
 * and leaves it usable whatever the statements do.
 * @param settings custom settings that hold while probing, such as a spoofed app.current_tenant_id.
 */
export async function runProbes(
  session: Session,
  impersonation: Impersonation,
  role: string,
  probes: readonly Probe[],
  settings: Readonly<Record<string, string>> = {},
): Promise<ProbeAnswer[]> {
  const list = JSON.stringify(probes);
  const set = Object.entries(settings).map(
    ([name, value]) => `perform set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true);`,
  );
  const reset = Object.keys(settings).map((name) => `perform set_config(${quoteLiteral(name)}, '', true);`);
  const block = `
declare
  probe jsonb; state text; said text; touched bigint; place text; answers jsonb := '[]';
begin
  ${set.join('\n  ')}
  for probe in select value from jsonb_array_elements(${quoteLiteral(list)}::jsonb) loop
    touched := 0; state := '00000'; said := ''; place := '';
    begin
      if probe->>'counts' = 'rows' then
        execute probe->>'sql' into touched;
      elsif probe->>'counts' = 'place' then
        execute (probe->>'sql') || ' returning ctid::text' into place;
        get diagnostics touched = row_count;
      else
        execute probe->>'sql';
        get diagnostics touched = row_count;
      end if;
      if (probe->>'undo')::boolean then
        raise exception using errcode = '${UNDO_STATE}';
      end if;
    exception
      when sqlstate '${UNDO_STATE}' then null;
      when others then
        state := sqlstate; said := sqlerrm; touched := 0; place := '';
    end;
    answers := answers || jsonb_build_object('label', probe->'label', 'sqlState', state, 'message', said, 'rows', touched, 'place', place);
  end loop;
  ${reset.join('\n  ')}
  perform set_config('fedgen.answers', answers::text, true);
end`;
  await session.client.query(`${impersonation.become(role)}; do ${quoteLiteral(block)}`);
  const { rows } = await session.client.query<{ answers: ProbeAnswer[] }>(
    `select current_setting('fedgen.answers')::jsonb as answers`,
  );
  await session.client.query(impersonation.back);
  return rows[0]?.answers ?? [];
}
