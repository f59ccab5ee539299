import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import type { TableContract } from '../packs/pack.js';
import type { Finding } from './checks.js';
import type { TableFact } from './facts.js';
import type { Probe, ProbeAnswer } from './probe.js';
import { synthesiseInsert } from './synthesise.js';

/** A department as a side of a probe. */
export interface Side {
  readonly id: string;
  readonly schema: string;
  readonly role: string;
  readonly tables: readonly TableFact[];
  /** Text that marks the rows planted in this run. */
  readonly token: string;
}

/** SQLSTATE of a missing privilege and of a row that a policy refuses. */
const REFUSED = '42501';
const DONE = '00000';

const nameOf = (side: Side, table: TableFact): string =>
  `${quoteIdentifier(side.schema)}.${quoteIdentifier(table.name)}`;
const plain = (side: Side, table: TableFact): string => `${side.schema}.${table.name}`;

/** Probes to run and findings about what cannot be probed. */
export interface ProbeSet {
  readonly probes: readonly Probe[];
  readonly findings: readonly Finding[];
}

/** One row of the side's own in each of its tables: what attackers must not see, and proof that the tables work. */
export function plantingProbes(side: Side, tenantColumn: string): ProbeSet {
  return forTables(side, (table) => {
    const insert = synthesiseInsert(side.schema, table, { column: tenantColumn, value: side.id }, side.token);
    if ('unknown' in insert) return unprobed(side, table, insert.unknown.type);
    return [{ label: `insert own ${plain(side, table)}`, sql: insert.sql, counts: 'place', undo: false }];
  });
}

/** Where planted rows stand, by `schema.table`. */
export type Places = ReadonlyMap<string, string>;

/** The places of the rows that were planted; a table whose row could not be planted has none, and a finding. */
export const placesOf = (answers: readonly ProbeAnswer[]): Places =>
  new Map(
    answers
      .filter((answer) => answer.place !== '')
      .map((answer) => [answer.label.split(' ').at(-1) ?? '', answer.place]),
  );

/**
 * What a department must be able to do with its own rows; an append-only table keeps them. Only the planted row is
 * touched: the others are the department's data, and neither rewriting nor locking them is a validation's business.
 */
export function controlProbes(side: Side, tenantColumn: string, places: Places): readonly Probe[] {
  const column = quoteIdentifier(tenantColumn);
  return forPlanted(side, places, (table, row) => [
    {
      label: `select own ${plain(side, table)}`,
      sql: `select count(*) from ${nameOf(side, table)}${row}`,
      counts: 'rows',
      undo: true,
    },
    {
      label: `update own ${plain(side, table)}`,
      sql: `update ${nameOf(side, table)} set ${column} = ${column}${row}`,
      counts: 'change',
      undo: true,
    },
    {
      label: `delete own ${plain(side, table)}`,
      sql: `delete from ${nameOf(side, table)}${row}`,
      counts: 'change',
      undo: true,
    },
  ]);
}

function forPlanted(side: Side, places: Places, make: (table: TableFact, row: string) => Probe[]): Probe[] {
  return side.tables.flatMap((table) => {
    const place = places.get(plain(side, table));
    return place === undefined ? [] : make(table, ` where ctid = ${quoteLiteral(place)}`);
  });
}

/** Attempts on another department's tables. Writes carry no WHERE and no RETURNING: those would hide holes. */
export function attackProbes(victim: Side, tenantColumn: string): ProbeSet {
  return forTables(victim, (table) => {
    const name = nameOf(victim, table);
    const column = quoteIdentifier(tenantColumn);
    const insert = synthesiseInsert(
      victim.schema,
      table,
      { column: tenantColumn, value: victim.id },
      victim.token,
    );
    if ('unknown' in insert) return unprobed(victim, table, insert.unknown.type);
    const probe = (verb: string, sql: string, counts: Probe['counts'] = 'change'): Probe => {
      return { label: `${verb} ${plain(victim, table)}`, sql, counts, undo: true };
    };
    return [
      probe('select', `select count(*) from ${name}`, 'rows'),
      probe('insert', insert.sql),
      probe('update', `update ${name} set ${column} = ${column}`),
      probe('delete', `delete from ${name}`),
      probe('truncate', `truncate ${name}`),
    ];
  });
}

/** Attempts to put rows of another department into one's own tables. */
export function smugglingProbes(attacker: Side, victimId: string, tenantColumn: string): readonly Probe[] {
  return forTables(attacker, (table) => {
    const insert = synthesiseInsert(
      attacker.schema,
      table,
      { column: tenantColumn, value: victimId },
      attacker.token,
    );
    if ('unknown' in insert) return unprobed(attacker, table, insert.unknown.type);
    return [
      {
        label: `insert a foreign row into ${plain(attacker, table)}`,
        sql: insert.sql,
        counts: 'change',
        undo: true,
      },
    ];
  }).probes;
}

/** Attempts to hand the planted rows over to another department. */
export function handOverProbes(
  attacker: Side,
  victimId: string,
  tenantColumn: string,
  places: Places,
): readonly Probe[] {
  const set = `set ${quoteIdentifier(tenantColumn)} = ${quoteLiteral(victimId)}`;
  return forPlanted(attacker, places, (table, row) => [
    {
      label: `hand over rows of ${plain(attacker, table)}`,
      sql: `update ${nameOf(attacker, table)} ${set}${row}`,
      counts: 'change',
      undo: true,
    },
  ]);
}

/** Only a refusal proves anything; success is a hole even with 0 rows, and any other error proves nothing. */
export function judgeAttacks(
  answers: readonly ProbeAnswer[],
  role: string,
  allowed: ReadonlySet<string>,
): Finding[] {
  return answers
    .filter(
      (answer) => answer.sqlState !== REFUSED && !(allowed.has(answer.label) && answer.sqlState === DONE),
    )
    .map((answer) => {
      const object = answer.label.split(' ').at(-1) ?? '';
      if (answer.sqlState !== DONE) {
        return {
          object,
          message: `"${answer.label}" as ${role} could not be judged: ${answer.message} (SQLSTATE ${answer.sqlState})`,
          remedy:
            'Find out why the statement failed before the server refused it; an attack that did not run proves nothing.',
        };
      }
      return {
        object,
        message: `${role} is allowed to ${answer.label} (${answer.rows} ${answer.rows === 1 ? 'row' : 'rows'})`,
        remedy: `Revoke what lets ${role} in: see \\dp ${object}, the memberships of ${role}, and grants to PUBLIC.`,
      };
    });
}

/** Positive controls: the department's own work must succeed, or the refusals above prove nothing. */
export function judgeControls(
  answers: readonly ProbeAnswer[],
  role: string,
  contracts: readonly TableContract[],
): Finding[] {
  const appendOnly = new Set(contracts.filter((table) => table.appendOnly).map((table) => table.name));
  return answers.flatMap((answer) => {
    const object = answer.label.split(' ').at(-1) ?? '';
    const mustRefuse =
      /^(?:update|delete) own /.test(answer.label) && appendOnly.has(object.split('.').at(-1) ?? '');
    const isRight = mustRefuse ? answer.sqlState === REFUSED : answer.sqlState === DONE && answer.rows > 0;
    if (isRight) return [];
    const got =
      answer.sqlState === DONE ? `${answer.rows} rows` : `${answer.message} (SQLSTATE ${answer.sqlState})`;
    return [
      {
        object,
        message: mustRefuse
          ? `${role} can change rows of an append-only table: "${answer.label}" gave ${got}`
          : `positive control failed: "${answer.label}" as ${role} gave ${got}`,
        remedy: mustRefuse
          ? `revoke update, delete on ${object} from ${role};`
          : `${role} cannot work with its own table: compare grants and policies with "fedgen generate --stdout".`,
      },
    ];
  });
}

function forTables(side: Side, make: (table: TableFact) => Probe[] | Finding): ProbeSet {
  const made = side.tables.map(make);
  return {
    probes: made.flatMap((each) => (Array.isArray(each) ? each : [])),
    findings: made.flatMap((each) => (Array.isArray(each) ? [] : [each])),
  };
}

const unprobed = (side: Side, table: TableFact, type: string): Finding => ({
  object: plain(side, table),
  message: `could not be probed: no value of type ${type} is known`,
  remedy: 'A table that was not probed is not proved isolated.',
});
