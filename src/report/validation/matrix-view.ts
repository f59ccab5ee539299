import type { JudgedTarget } from '../../validate/judge.js';
import type { MatrixCell } from '../../validate/model.js';
import { count } from '../../shared/texts.js';

/** How an attempt ended, against how it had to end. The name is the style of its cell. */
type Ending = 'refused' | 'allowed' | 'leak' | 'denied' | 'unproved';

/** One cell as a page shows it: never by colour alone. */
interface CellView {
  readonly ending: Ending;
  readonly mark: string;
  readonly text: string;
  /** What it had to be, where it is not. */
  readonly expected: string | undefined;
  readonly attempts: string;
}

/** What one actor could do to one victim: relations down, operations across. */
export interface MatrixView {
  readonly actor: string;
  readonly victim: string;
  readonly operations: readonly string[];
  readonly rows: readonly { readonly relation: string; readonly cells: readonly (CellView | undefined)[] }[];
}

/** Targets whose matrices are shown, and what is to be said of those that are not. */
export interface MatricesView {
  readonly targets: readonly {
    readonly target: string;
    readonly name: string;
    readonly wrong: number;
    readonly tables: readonly MatrixView[];
  }[];
  /** `12 more targets: every attempt ended as it must.` */
  readonly rest: readonly string[];
}

/** A page with thousands of matrices opens nowhere; the json report has all of them. */
const SHOWN_WRONG = 50;
const SHOWN_RIGHT = 3;

/** The worst first: what a cell shows when several attempts fall into it. */
const ENDINGS: Readonly<
  Record<Ending, { readonly rank: number; readonly mark: string; readonly text: string }>
> = {
  leak: { rank: 0, mark: '✗', text: 'allowed' },
  unproved: { rank: 1, mark: '?', text: 'unproved' },
  denied: { rank: 2, mark: '✗', text: 'refused' },
  allowed: { rank: 3, mark: '○', text: 'allowed' },
  refused: { rank: 4, mark: '✓', text: 'refused' },
};

/** The order in which operations stand; others follow as they come. */
const OPERATIONS = ['select', 'insert', 'update', 'delete', 'truncate'];

/** The isolation matrices of a run: all that went wrong, as far as a page can hold it, and a few that went right. */
export function matricesView(targets: readonly JudgedTarget[]): MatricesView {
  const attacked = targets
    .filter(({ matrix }) => matrix.length > 0)
    .map((target) => ({ target, wrong: target.matrix.filter((cell) => isWrong(endingOf(cell))).length }));
  const wrong = attacked.filter((each) => each.wrong > 0);
  const right = attacked.filter((each) => each.wrong === 0);
  const shown = [...wrong.slice(0, SHOWN_WRONG), ...right.slice(0, SHOWN_RIGHT)];
  const hidden = { wrong: wrong.length - SHOWN_WRONG, right: right.length - SHOWN_RIGHT };
  return {
    targets: shown.map(({ target, wrong: number }) => ({
      target: target.target,
      name: target.name,
      wrong: number,
      tables: tablesOf(target.matrix),
    })),
    rest: [
      ...(hidden.wrong > 0
        ? [`${count(hidden.wrong, 'more target')} with attempts that went wrong: the json report has them.`]
        : []),
      ...(hidden.right > 0 ? [`${count(hidden.right, 'more target')}: every attempt ended as it must.`] : []),
    ],
  };
}

const isWrong = (ending: Ending): boolean => ENDINGS[ending].rank < ENDINGS.allowed.rank;

function endingOf({ outcome, expected }: MatrixCell): Ending {
  if (outcome === 'unproved') return 'unproved';
  if (outcome === expected) return outcome;
  return outcome === 'allowed' ? 'leak' : 'denied';
}

function tablesOf(cells: readonly MatrixCell[]): MatrixView[] {
  const pairs = groupBy(cells, ({ actor, victim }) =>
    JSON.stringify([victim === 'own' ? 1 : 0, actor, victim]),
  );
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => {
      const [first] = own;
      return first ? [tableOf(first.actor, first.victim, own)] : [];
    });
}

function tableOf(actor: string, victim: string, cells: readonly MatrixCell[]): MatrixView {
  const named = new Set(cells.map(({ operation }) => operation));
  const operations = [...OPERATIONS.filter((each) => named.has(each)), ...named].filter(
    (each, at, all) => all.indexOf(each) === at,
  );
  const rows = [...groupBy(cells, ({ relation }) => relation)].map(([relation, own]) => ({
    relation,
    cells: operations.map((operation) => cellView(own.filter((cell) => cell.operation === operation))),
  }));
  return { actor, victim: victim === 'own' ? 'its own rows' : victim, operations, rows };
}

function cellView(cells: readonly MatrixCell[]): CellView | undefined {
  const [worst] = [...cells].sort((a, b) => ENDINGS[endingOf(a)].rank - ENDINGS[endingOf(b)].rank);
  if (!worst) return undefined;
  const ending = endingOf(worst);
  const { mark, text } = ENDINGS[ending];
  return {
    ending,
    mark,
    text,
    expected: isWrong(ending) ? worst.expected : undefined,
    attempts: count(
      cells.reduce((sum, { attempts }) => sum + attempts, 0),
      'attempt',
    ),
  };
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
