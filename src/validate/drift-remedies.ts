import type { CatalogueObject } from './catalogue.js';
import { relationOf } from './drift.js';
import { asList, isGiven, textOf } from './drift-rules.js';
import { describeLetters } from './privileges.js';

/** Where the statement of an object is found when it cannot be put together from the catalogue. */
export const RERUN = 'Its statement is among those of "fedgen generate --stdout".';

const ownName = (object: CatalogueObject): string => object.name.slice(relationOf(object).length + 1);

/** GRANT or REVOKE of some letters of an access control list. */
export function grantSql(
  verb: 'grant' | 'revoke',
  object: CatalogueObject,
  letters: string,
  grantee: string,
): string {
  const [place, name] = grantPlace(object);
  return `${verb} ${letterList(letters, object)} on ${place} ${name} ${verb === 'grant' ? 'to' : 'from'} ${grantee};`;
}

/** Gives an object its name back. */
export function renaming(object: CatalogueObject, called: string): string {
  const relation = relationOf(object);
  return object.kind === 'policy'
    ? `alter policy ${called} on ${relation} rename to ${ownName(object)};`
    : `alter table ${relation} rename constraint ${called} to ${ownName(object)};`;
}

/** Words for GRANT and REVOKE; a column's come with its name. */
function letterList(letters: string, object: CatalogueObject): string {
  const words = describeLetters(letters).replaceAll(' (may be passed on)', '');
  if (object.kind !== 'column') return words;
  const column = columnOf(object);
  return words
    .split(', ')
    .map((word) => `${word} (${column})`)
    .join(', ');
}

/** What stands between ON and the name, and the name. */
function grantPlace(object: CatalogueObject): [string, string] {
  switch (object.kind) {
    case 'column':
      return ['table', object.name.slice(0, object.name.length - columnOf(object).length - 1)];
    case 'schema':
    case 'sequence':
    case 'function':
    case 'procedure':
      return [object.kind, object.name];
    case 'domain':
    case 'enum':
    case 'range':
    case 'type':
      return ['type', object.name];
    case 'aggregate':
    case 'window function':
      return ['function', object.name];
    default:
      return ['table', object.name];
  }
}

const columnOf = (object: CatalogueObject): string =>
  /(?:"(?:[^"]|"")*"|[^.]*)$/.exec(object.name)?.[0] ?? '';

/** Takes an object away that no script made. */
export function removal(object: CatalogueObject): string | undefined {
  const relation = relationOf(object);
  const own = object.name.slice(relation.length + 1);
  switch (object.kind) {
    case 'policy':
    case 'trigger':
    case 'rule':
      return `drop ${object.kind} ${own} on ${relation};`;
    case 'constraint':
      return `alter table ${relation} drop constraint ${own};`;
    case 'column':
      return `alter table ${grantPlace(object)[1]} drop column ${columnOf(object)};`;
    case 'index':
      return `drop index ${relation.split('.')[0] ?? ''}.${textOf(object.properties['called'])};`;
    case 'table':
    case 'partitioned table':
      return `Drop it, or add it to a pack that extends this one: drop table ${object.name};`;
    case 'view':
    case 'materialized view':
    case 'foreign table':
    case 'sequence':
    case 'function':
    case 'procedure':
    case 'aggregate':
    case 'domain':
      return `drop ${object.kind} ${object.name};`;
    default:
      return undefined;
  }
}

const COMMANDS: Readonly<Record<string, string>> = {
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
  '*': 'all',
};

/** Makes an object again that is missing. */
export function creation(object: CatalogueObject): string | undefined {
  const relation = relationOf(object);
  const own = object.name.slice(relation.length + 1);
  switch (object.kind) {
    case 'policy':
      return createPolicy(object, relation, own);
    case 'constraint':
      return `alter table ${relation} add constraint ${own} ${textOf(object.properties['definition'])};`;
    case 'trigger':
    case 'rule':
      return `${textOf(object.properties['definition'])};`;
    default:
      return undefined;
  }
}

function createPolicy(object: CatalogueObject, relation: string, name: string): string {
  const { command, permissive, roles, using, check } = object.properties;
  const withCheck = check === 'as using' ? using : check;
  return [
    `create policy ${name} on ${relation}`,
    permissive === true ? '' : 'as restrictive',
    `for ${COMMANDS[String(command)] ?? 'all'} to ${asList(roles).join(', ')}`,
    !isGiven(using) ? '' : `using (${textOf(using)})`,
    !isGiven(withCheck) ? '' : `with check (${textOf(withCheck)})`,
  ]
    .filter((part) => part !== '')
    .join(' ')
    .concat(';');
}

/** Sets one property back. */
export function repair(expected: CatalogueObject, found: CatalogueObject, property: string): string {
  const { kind, name } = expected;
  const relation = relationOf(expected);
  const own = name.slice(relation.length + 1);
  const was = expected.properties[property];
  switch (`${kind} ${property}`) {
    case 'table row level security':
    case 'partitioned table row level security':
      return `alter table ${name} ${was === true ? 'enable' : 'disable'} row level security;`;
    case 'table forced row level security':
    case 'partitioned table forced row level security':
      return `alter table ${name} ${was === true ? '' : 'no '}force row level security;`;
    case 'index called':
      return `alter index ${relation.split('.')[0] ?? ''}.${textOf(found.properties['called'])} rename to ${textOf(was)};`;
    case 'index state':
      return `reindex index ${relation.split('.')[0] ?? ''}.${textOf(found.properties['called'])};`;
    case 'trigger state':
      return own.startsWith('of constraint ')
        ? `alter table ${relation} enable trigger all;`
        : `alter table ${relation} enable trigger ${own};`;
    default:
      break;
  }
  if (property === 'owner' && kind !== 'index') {
    return `alter ${grantPlace(expected)[0]} ${name} owner to ${textOf(was)};`;
  }
  if (kind === 'policy') return `drop policy ${own} on ${relation}; ${createPolicy(expected, relation, own)}`;
  if (kind === 'constraint')
    return `alter table ${relation} drop constraint ${own}, add constraint ${own} ${textOf(was)};`;
  if (kind === 'column') return repairColumn(expected, property);
  return `Set it back to what it was. ${RERUN}`;
}

function repairColumn(column: CatalogueObject, property: string): string {
  const was = column.properties[property];
  const alter = `alter table ${grantPlace(column)[1]} alter column ${columnOf(column)}`;
  switch (property) {
    case 'type':
      return `${alter} type ${textOf(was)};`;
    case 'not null':
      return `${alter} ${was === true ? 'set' : 'drop'} not null;`;
    case 'default':
      return !isGiven(was) ? `${alter} drop default;` : `${alter} set default ${textOf(was)};`;
    default:
      return `Set it back to what it was. ${RERUN}`;
  }
}
