import type { RangeVar } from 'libpg-query';
import { quoteIdentifier, quoteLiteral } from './quote.js';
import { alterTable, before } from './invert-alter-table.js';
import { addressOf, inSchema, onRelation, plain, relation, roleSql } from './invert-names.js';
import type { Address } from './invert-names.js';
import type { Context, Effect, Handlers } from './invert-scope.js';
import { hasOption, pick, pickAll, strings } from './sql-nodes.js';
import type { NodeMap } from './sql-nodes.js';

/** A change that only its object's end undoes. */
function opaque(address: Address, what: string): Effect {
  return { within: [address.within], reason: before(what), isFree: true };
}

function alterSequence(node: NodeMap['AlterSeqStmt'], context: Context): Effect {
  const sequence = relation(node.sequence);
  const isOwnership = hasOption(node.options, 'owned_by') && node.options?.length === 1;
  if (isOwnership && context.isCreated(sequence.key)) {
    return { undo: `alter sequence ${sequence.sql} owned by none` };
  }
  if (hasOption(node.options, 'owned_by')) return { reason: before('owner column') };
  return opaque(sequence, 'options of the sequence');
}

function alterEnum(node: NodeMap['AlterEnumStmt']): Effect {
  const type = inSchema('type', strings(node.typeName));
  const within = [type.within];
  if (node.oldVal === undefined || node.newVal === undefined) {
    return {
      within,
      reason: 'PostgreSQL cannot drop an enum value; declare the script irreversible',
      isFree: true,
    };
  }
  const undo = `alter type ${type.sql} rename value ${quoteLiteral(node.newVal)} to ${quoteLiteral(node.oldVal)}`;
  return { within, undo, isFree: true };
}

function alterDomain(node: NodeMap['AlterDomainStmt']): Effect {
  const domain = inSchema('type', strings(node.typeName));
  const name = pick(node.def, 'Constraint')?.conname;
  const isAdded = node.subtype === 'C' && name !== undefined;
  if (!isAdded) return { within: [domain.within], reason: before('definition of the domain') };
  return {
    within: [domain.within],
    undo: `alter domain ${domain.sql} drop constraint ${quoteIdentifier(name)}`,
  };
}

function alterOwner(node: NodeMap['AlterOwnerStmt']): Effect {
  const object = addressOf(node.objectType, node.object);
  if (object === undefined) return { reason: before('owner') };
  const { keyword, address } = object;
  return {
    within: [address.within],
    reason: before('owner'),
    release: `alter ${keyword} ${address.sql} owner to current_user`,
  };
}

function alterPublication(node: NodeMap['AlterPublicationStmt']): Effect {
  const publication = plain('publication', node.pubname ?? '');
  const objects = pickAll(node.pubobjects, 'PublicationObjSpec');
  const tables = objects.flatMap(({ pubtable }): RangeVar[] =>
    pubtable?.relation ? [pubtable.relation] : [],
  );
  if (node.action !== 'AP_AddObjects' || tables.length === 0 || tables.length !== objects.length) {
    return opaque(publication, 'publication');
  }
  const names = tables.map((table) => relation(table).sql).join(', ');
  return {
    within: [publication.within],
    undo: `alter publication ${publication.sql} drop table ${names}`,
    isFree: true,
  };
}

/** ALTER of every kind but names and schemas. */
export const ALTER_HANDLERS: Handlers = {
  AlterTableStmt: alterTable,
  AlterSeqStmt: alterSequence,
  AlterEnumStmt: alterEnum,
  AlterDomainStmt: alterDomain,
  AlterOwnerStmt: alterOwner,
  AlterPublicationStmt: alterPublication,
  AlterFunctionStmt: (n) => {
    const object = n.func && addressOf('OBJECT_FUNCTION', { ObjectWithArgs: n.func });
    return object ? opaque(object.address, 'definition of the function') : { reason: before('definition') };
  },
  AlterPolicyStmt: (n) => ({
    within: [onRelation('policy', relation(n.table), n.policy_name ?? '').within],
    reason: before('policy'),
  }),
  AlterRoleStmt: (n) => opaque(plainRole(n.role), 'attributes of the role'),
  AlterRoleSetStmt: (n) => opaque(plainRole(n.role), 'setting'),
  AlterTypeStmt: (n) => opaque(inSchema('type', strings(n.typeName)), 'type'),
  AlterEventTrigStmt: (n) => opaque(plain('event trigger', n.trigname ?? ''), 'state'),
  AlterForeignServerStmt: (n) => opaque(plain('server', n.servername ?? ''), 'options'),
  AlterStatsStmt: (n) => opaque(inSchema('statistics', strings(n.defnames)), 'target'),
  ClusterStmt: (n) => opaque(relation(n.relation), 'clustering'),
};

/** A role named by a keyword (CURRENT_USER) is never one of this script. */
function plainRole(role: NodeMap['AlterRoleStmt']['role']): Address {
  const sql = roleSql(role);
  return { key: `role ${sql}`, sql, within: [`role ${sql}`] };
}
