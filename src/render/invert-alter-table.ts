import type { AlterTableCmd, AlterTableType } from 'libpg-query';
import { quoteIdentifier } from './quote.js';
import { column, keywordOf, relation } from './invert-names.js';
import type { Address } from './invert-names.js';
import type { Context, Effect } from './invert-scope.js';
import { pick, pickAll, strings } from './sql-nodes.js';
import type { NodeMap } from './sql-nodes.js';

interface Target {
  readonly owner: Address;
  /** `alter table [only] "s"."t"`. */
  readonly alter: string;
  readonly isType: boolean;
  readonly isIndex: boolean;
  readonly context: Context;
}
type Command = (command: AlterTableCmd, target: Target) => Effect;

/** Why a change that overwrites something cannot be undone. */
export const before = (what: string): string =>
  `the ${what} before it is not known; bring a rollback that restores it`;

/** A change of the relation itself. */
const whole =
  (effect: (command: AlterTableCmd, target: Target) => Effect): Command =>
  (command, target) => ({ within: [target.owner.within], ...effect(command, target) });

/** A change of one column: it goes with a column that this script added, too. */
const ofColumn =
  (effect: (name: string, target: Target) => Effect): Command =>
  (command, target) => {
    const name = command.name ?? '';
    return { within: [column(target.owner, name).within], ...effect(quoteIdentifier(name), target) };
  };

const toggle = (inverse: string): Command => whole((_, { alter }) => ({ undo: `${alter} ${inverse}` }));
const toggleNamed = (inverse: string): Command =>
  whole((command, { alter }) => ({ undo: `${alter} ${inverse} ${quoteIdentifier(command.name ?? '')}` }));
const unknown = (what: string): Command => whole(() => ({ reason: before(what), isFree: true }));
const unknownOfColumn = (what: string): Command => ofColumn(() => ({ reason: before(what), isFree: true }));

const notNullKey = (owner: Address, name: string): string =>
  column(owner, name).key.replace('column', 'not null');

const addColumn: Command = (command, { owner, alter, isType }) => {
  const definition = pick(command.def, 'ColumnDef');
  const added = column(owner, definition?.colname ?? '');
  const creates = [added.key];
  if (command.missing_ok === true) {
    return {
      within: [added.within],
      creates,
      reason: 'IF NOT EXISTS: the column may have been there before; leave it out',
    };
  }
  const undo = `${alter} ${isType ? 'drop attribute' : 'drop column'} ${added.sql}`;
  return { within: [owner.within], undo, creates };
};

const addConstraint: Command = (command, { owner, alter, context }) => {
  const constraint = pick(command.def, 'Constraint');
  const within = [owner.within];
  if (constraint?.conname === undefined) {
    return { within, reason: 'a constraint without a name: the server chooses its name; give it one' };
  }
  if (constraint.indexname !== undefined) {
    return { within, reason: 'USING INDEX: dropping the constraint drops the index too; bring a rollback' };
  }
  const mayBeNull = strings(constraint.keys).filter(
    (name) => !context.isCreated(notNullKey(owner, name)) && !context.isCreated(column(owner, name).key),
  );
  if (constraint.contype === 'CONSTR_PRIMARY' && mayBeNull.length > 0) {
    const names = mayBeNull.join(', ');
    return {
      within,
      reason: `a primary key leaves NOT NULL behind: SET NOT NULL on ${names} earlier in this script`,
    };
  }
  return { within, undo: `${alter} drop constraint ${quoteIdentifier(constraint.conname)}` };
};

const attachPartition: Command = (command, { alter, isIndex, context }) => {
  const partition = relation(pick(command.def, 'PartitionCmd')?.name);
  if (isIndex) return { reason: 'an index cannot be detached from its parent index' };
  if (context.isCreated(partition.key)) return { undo: `${alter} detach partition ${partition.sql}` };
  return { reason: 'an older table keeps the indexes and keys it gets as a partition; bring a rollback' };
};

const inherit =
  (inverse: string): Command =>
  (command, { owner, alter, context }) => {
    const parent = relation(pick(command.def, 'RangeVar'));
    if (context.isCreated(parent.key) && !context.isCreated(owner.key)) {
      return {
        reason:
          'later changes of the new parent would reach the older table; create the parent in an earlier script',
      };
    }
    return { within: [owner.within], undo: `${alter} ${inverse} ${parent.sql}` };
  };

const changeOwner: Command = whole((_, { alter }) => ({
  reason: before('owner'),
  release: `${alter} owner to current_user`,
}));

const columnDefault: Command = ofColumn((name, { alter }) => ({
  reason: before('default'),
  release: `${alter} alter column ${name} drop default`,
}));

const removal = (what: string): Command =>
  whole(() => ({
    reason: `the ${what} is gone; bring a rollback that creates it again`,
    isFree: true,
    isRemoval: true,
  }));

const COMMANDS: { readonly [K in AlterTableType]?: Command } = {
  AT_AddColumn: addColumn,
  AT_AddConstraint: addConstraint,
  AT_AttachPartition: attachPartition,
  AT_AddInherit: inherit('no inherit'),
  AT_DropInherit: inherit('inherit'),
  AT_ChangeOwner: changeOwner,
  AT_ColumnDefault: columnDefault,
  AT_AlterColumnType: ofColumn(() => ({ reason: before('type') })),
  AT_SetNotNull: (command, target) => ({
    ...ofColumn((name, { alter }) => ({ undo: `${alter} alter column ${name} drop not null` }))(
      command,
      target,
    ),
    creates: [notNullKey(target.owner, command.name ?? '')],
  }),
  AT_DropNotNull: ofColumn(() => ({
    reason: 'rows with NULL may exist by the time of a rollback; bring one',
    isFree: true,
  })),
  AT_AddIdentity: ofColumn((name, { alter }) => ({ undo: `${alter} alter column ${name} drop identity` })),
  AT_SetIdentity: unknownOfColumn('identity'),
  AT_DropIdentity: unknownOfColumn('identity'),
  AT_SetStatistics: unknownOfColumn('statistics target'),
  AT_SetOptions: unknownOfColumn('options'),
  AT_ResetOptions: unknownOfColumn('options'),
  AT_SetStorage: unknownOfColumn('storage'),
  AT_SetCompression: unknownOfColumn('compression'),
  AT_SetExpression: ofColumn(() => ({ reason: before('expression') })),
  AT_DropExpression: unknownOfColumn('expression'),
  AT_EnableRowSecurity: toggle('disable row level security'),
  AT_DisableRowSecurity: toggle('enable row level security'),
  AT_ForceRowSecurity: toggle('no force row level security'),
  AT_NoForceRowSecurity: toggle('force row level security'),
  AT_SetLogged: toggle('set unlogged'),
  AT_SetUnLogged: toggle('set logged'),
  AT_EnableTrig: toggleNamed('disable trigger'),
  AT_DisableTrig: toggleNamed('enable trigger'),
  AT_EnableRule: toggleNamed('disable rule'),
  AT_DisableRule: toggleNamed('enable rule'),
  AT_ValidateConstraint: whole(() => ({ undo: '' })),
  AT_DropColumn: removal('column with its data'),
  AT_DropConstraint: removal('constraint'),
  AT_DetachPartition: unknown('partition bound'),
  AT_SetRelOptions: unknown('options'),
  AT_ResetRelOptions: unknown('options'),
  AT_ReplaceRelOptions: unknown('options'),
  AT_ReplicaIdentity: unknown('replica identity'),
  AT_ClusterOn: unknown('clustering'),
  AT_AlterConstraint: unknown('constraint'),
};

/** ALTER TABLE, and ALTER of views, indexes, sequences and composite types in the same form: one effect a command. */
export function alterTable(node: NodeMap['AlterTableStmt'], context: Context): Effect[] {
  const owner = relation(node.relation);
  const keyword = keywordOf(node.objtype) ?? 'table';
  const only = keyword === 'table' && node.relation?.inh !== true ? 'only ' : '';
  const target: Target = {
    owner,
    context,
    alter: `alter ${keyword} ${only}${owner.sql}`,
    isType: node.objtype === 'OBJECT_TYPE',
    isIndex: node.objtype === 'OBJECT_INDEX',
  };
  return pickAll(node.cmds, 'AlterTableCmd').map((command) => {
    const handler = command.subtype && COMMANDS[command.subtype];
    const effect = handler?.(command, target) ?? unknown(`state (${command.subtype ?? ''})`)(command, target);
    if (node.missing_ok !== true) return { tree: command, ...effect };
    return {
      tree: command,
      within: [owner.within],
      reason: 'IF EXISTS: whether it did anything is not known; leave it out',
    };
  });
}
