import type { Action, Column, ColumnDefault, ForeignKey, Index, Table } from './model.js';
import { pick, pickAll, strings, type Node, type NodeMap } from '../render/sql-nodes.js';

/** A column as CREATE TABLE and ADD COLUMN define it. */
export function readColumn({
  colname = '',
  typeName,
  constraints,
  is_not_null,
}: NodeMap['ColumnDef']): Column {
  const parts = pickAll(constraints, 'Constraint');
  const has = (...kinds: (string | undefined)[]): boolean =>
    parts.some(({ contype }) => kinds.includes(contype));
  const type = strings(typeName?.names).at(-1);
  const isSerial = /^(?:small|big)?serial$/.test(type ?? '');
  return {
    name: colname,
    type: SERIALS[type ?? ''] ?? type,
    typeArguments: pickAll(typeName?.typmods, 'A_Const').flatMap(({ ival }) => ival?.ival ?? []),
    isArray: (typeName?.arrayBounds ?? []).length > 0,
    nullable:
      !(is_not_null ?? false) && !isSerial && !has('CONSTR_NOTNULL', 'CONSTR_PRIMARY', 'CONSTR_IDENTITY'),
    default: readDefault(parts.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr),
    generated: isSerial ? 'default' : generated(parts),
  };
}

const SERIALS: Readonly<Record<string, string>> = { serial: 'int4', bigserial: 'int8', smallserial: 'int2' };

function generated(parts: readonly NodeMap['Constraint'][]): Column['generated'] {
  const part = parts.find(({ contype }) => contype === 'CONSTR_IDENTITY' || contype === 'CONSTR_GENERATED');
  if (!part) return undefined;
  return part.generated_when === 'd' ? 'default' : 'always';
}

const NOW = new Set(['now', 'clock_timestamp', 'statement_timestamp', 'transaction_timestamp']);
const NOW_WORDS = new Set(['SVFOP_CURRENT_TIMESTAMP', 'SVFOP_CURRENT_DATE', 'SVFOP_LOCALTIMESTAMP']);

function readDefault(node: Node | undefined): ColumnDefault | undefined {
  if (!node) return undefined;
  const cast = pick(node, 'TypeCast');
  const call = strings(pick(node, 'FuncCall')?.funcname).at(-1);
  if (NOW.has(call ?? '') || NOW_WORDS.has(pick(node, 'SQLValueFunction')?.op ?? '')) return { kind: 'now' };
  const constant = pick(cast?.arg ?? node, 'A_Const');
  // default null is none.
  if (constant?.isnull) return undefined;
  const value = constant && literal(constant);
  return value === undefined ? { kind: 'expression' } : { kind: 'literal', value };
}

function literal({ ival, sval, boolval, fval }: NodeMap['A_Const']): string | number | boolean | undefined {
  // The parser leaves zero, false and '' out.
  if (ival) return ival.ival ?? 0;
  if (sval) return sval.sval ?? '';
  if (boolval) return boolval.boolval ?? false;
  return fval?.fval === undefined ? undefined : Number(fval.fval);
}

type Key =
  | { readonly kind: 'primary' | 'unique'; readonly index: Index }
  | { readonly kind: 'foreign'; readonly reference: ForeignKey };

/** What a constraint says of keys; undefined for others. */
export function readKey(
  fields: NodeMap['Constraint'],
  table: Table,
  beside: readonly string[],
): Key | undefined {
  const { contype, conname, keys, fk_attrs, pktable, pk_attrs, fk_del_action, fk_upd_action } = fields;
  const named = (columns: readonly string[], ending: string): Index => ({
    name: conname ?? [table.name, ...(ending === 'pkey' ? [] : columns), ending].join('_'),
    columns,
  });
  const own = keys ? strings(keys) : beside;
  if (contype === 'CONSTR_PRIMARY') return { kind: 'primary', index: named(own, 'pkey') };
  if (contype === 'CONSTR_UNIQUE') return { kind: 'unique', index: named(own, 'key') };
  if (contype !== 'CONSTR_FOREIGN') return undefined;
  return {
    kind: 'foreign',
    reference: {
      ...named(fk_attrs ? strings(fk_attrs) : beside, 'fkey'),
      target: `${pktable?.schemaname ?? table.schema}.${pktable?.relname ?? ''}`,
      targetColumns: strings(pk_attrs),
      onDelete: ACTIONS[fk_del_action ?? 'a'] ?? 'NoAction',
      onUpdate: ACTIONS[fk_upd_action ?? 'a'] ?? 'NoAction',
    },
  };
}

const ACTIONS: Readonly<Record<string, Action>> = {
  a: 'NoAction',
  r: 'Restrict',
  c: 'Cascade',
  n: 'SetNull',
  d: 'SetDefault',
};
