/** What a column is filled with when nothing is given. */
export type ColumnDefault =
  | { readonly kind: 'now' | 'expression' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean };

/** A column of a table or a view. */
export interface Column {
  readonly name: string;
  /** As PostgreSQL calls it (`int4`, `timestamptz`); undefined where a view works it out. */
  readonly type: string | undefined;
  /** 10 and 2 of numeric(10, 2). */
  readonly typeArguments: readonly number[];
  readonly isArray: boolean;
  readonly nullable: boolean;
  readonly default: ColumnDefault | undefined;
  /** `always`: nobody may write to it. `default`: an identity that may be given. */
  readonly generated: 'always' | 'default' | undefined;
}

/** A key or an index, of plain columns. */
export interface Index {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A foreign key. */
export interface ForeignKey extends Index {
  /** `schema.name` of the table that it points to. */
  readonly target: string;
  /** Empty: its primary key. */
  readonly targetColumns: readonly string[];
  readonly onDelete: Action;
  readonly onUpdate: Action;
}

/** What happens to rows whose target goes. */
export type Action = 'NoAction' | 'Restrict' | 'Cascade' | 'SetNull' | 'SetDefault';

/** A table or a view as scripts leave it. */
export interface Table {
  readonly kind: 'table' | 'view';
  readonly schema: string;
  readonly name: string;
  readonly comment: string | undefined;
  readonly columns: readonly Column[];
  readonly primaryKey: Index | undefined;
  readonly uniques: readonly Index[];
  readonly indexes: readonly Index[];
  readonly foreignKeys: readonly ForeignKey[];
}
