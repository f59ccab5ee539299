import type { TableContract } from '../../packs/pack.js';
import type { Finding } from '../../validate/model.js';
import type { ClickHouseSession } from '../session.js';

/** A table as system.tables tells of it. */
export interface TableFacts {
  readonly name: string;
  readonly engine: string;
  readonly engineFull: string;
  readonly partitionKey: string;
  readonly primaryKey: string;
  readonly sortingKey: string;
  readonly comment: string;
}

/** The tables of a database. */
export const readTables = (session: ClickHouseSession, database: string): Promise<TableFacts[]> =>
  session.rows<TableFacts>(
    `select name, engine, engine_full as engineFull, partition_key as partitionKey, primary_key as primaryKey,
            sorting_key as sortingKey, comment
       from system.tables where database = {database:String} and not is_temporary order by name`,
    { database },
  );

/** What pack.yaml promises of a table that holds rows; on a cluster that is the local one. */
export interface TableSubject {
  readonly contract: TableContract;
  readonly stored: string;
  readonly database: string;
  readonly tenantColumn: string;
}

const error = (object: string, message: string, remedy: string, isolation = false): Finding => ({
  object,
  severity: 'error',
  isolation,
  message,
  remedy,
});

/** Faults of one table against the pack; `undefined` where it is missing. */
export function tableFaults(subject: TableSubject, facts: TableFacts | undefined): Finding[] {
  const object = `${subject.database}.${subject.stored}`;
  const again = 'Roll the pack back to the script before its table, and apply it again.';
  if (!facts) return [error(object, 'the table is missing', 'Roll the pack back and apply it again.')];
  const keepsCopies = !/ReplacingMergeTree$/.test(facts.engine);
  const first = facts.sortingKey.split(',')[0]?.trim();
  return [
    ...(keepsCopies
      ? [error(object, `its engine ${facts.engine} keeps rows that were sent twice`, again)]
      : []),
    ...(first === subject.tenantColumn
      ? []
      : [
          error(
            object,
            `it is sorted by ${facts.sortingKey}, and not by ${subject.tenantColumn} first`,
            again,
          ),
        ]),
    ...(facts.partitionKey === '' ? [error(object, 'it has no partitions', again)] : []),
  ];
}

/** A table that should forget rows and does not. */
export function retentionFaults(
  { contract, database, stored }: TableSubject,
  facts: TableFacts | undefined,
): Finding[] {
  const { retention } = contract;
  if (!facts || 'none' in retention) return [];
  const ttl = ttlOf(facts.engineFull);
  const object = `${database}.${stored}`;
  const days = /^(\d+) days?$/.exec(retention.age)?.[1] ?? '395';
  const remedy = `alter table ${object} modify ttl ${retention.column} + toIntervalDay(${days})`;
  if (ttl === '') return [error(object, 'it has no TTL: its rows stay for ever', remedy)];
  return ttl.startsWith(retention.column)
    ? []
    : [error(object, `its TTL ${ttl} does not go by ${retention.column}`, remedy)];
}

/** The TTL in a table's engine clause; empty without one. */
export const ttlOf = (engineFull: string): string =>
  /\bTTL (.*?)(?: SETTINGS .*)?$/.exec(engineFull)?.[1] ?? '';
