import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MAJORS, type Major } from '../support/postgres.js';
import type { Area, Breaks, BreakingMutation, Mutation } from './model.js';

const FOLDER = new URL('mutations/', import.meta.url);

/**
 * Reads mutations/*.sql. A file is an area; its first line names the fixture, and each mutation is
 *
 *     -- <id>: breaks isolation, for hr sales, since 16      (or: harmless, until 15)
 *     -- given: <SQL that the statement needs and that breaks nothing by itself>
 *     <one statement>;
 * @throws Error that names file and line.
 */
export async function loadAreas(): Promise<Area[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort();
  const areas = await Promise.all(
    files.map(async (file) =>
      parseArea(file.replace(/\.sql$/, ''), await readFile(fileURLToPath(new URL(file, FOLDER)), 'utf8')),
    ),
  );
  const ids = areas.flatMap(({ area, breaking, harmless }) =>
    [...breaking, ...harmless].map(({ id }) => `${area}/${id}`),
  );
  const repeated = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (repeated.length > 0) throw new Error(`mutations with the same id: ${repeated.join(', ')}`);
  return areas;
}

const HEAD = /^-- ([a-z0-9-]+): (harmless|breaks (?:completeness|isolation|both))((?:, [a-z0-9 ]+)*)$/;

/** Reads the mutations of one area. */
export function parseArea(area: string, text: string): Area {
  const [first = '', ...blocks] = text.trim().split(/\n{2,}/);
  const fixture = /^-- fixture: ([a-z-]+)/.exec(first)?.[1];
  if (fixture === undefined) throw new Error(`${area}.sql: the first line must be "-- fixture: <name>"`);
  const parsed = blocks.map((block) => parseBlock(area, block));
  return {
    area,
    fixture,
    breaking: parsed.flatMap(({ mutation, breaks }) => (breaks ? [{ ...mutation, breaks }] : [])),
    harmless: parsed.flatMap(({ mutation, breaks }) => (breaks ? [] : [mutation])),
  };
}

function parseBlock(
  area: string,
  block: string,
): { mutation: Omit<BreakingMutation, 'breaks'>; breaks: Breaks | undefined } {
  const lines = block.split('\n');
  const [, id, kind = '', options = ''] = HEAD.exec(lines[0] ?? '') ?? [];
  if (id === undefined) throw new Error(`${area}.sql: not the head of a mutation: ${lines[0] ?? ''}`);
  const given = lines.filter((line) => line.startsWith('-- given: ')).map((line) => line.slice(10));
  const sql = lines.filter((line) => !line.startsWith('-- ')).join('\n');
  if (!sql.endsWith(';')) throw new Error(`${area}.sql: ${id} does not end in a semicolon`);
  const mutation = {
    id,
    sql: sql.slice(0, -1),
    ...(given.length === 0 ? {} : { prepare: given.join('\n') }),
    ...parseOptions(`${area}/${id}`, options),
  };
  return { mutation, breaks: kind === 'harmless' ? undefined : (kind.slice(7) as Breaks) };
}

function parseOptions(
  where: string,
  text: string,
): Pick<Mutation, 'since' | 'until'> & Pick<BreakingMutation, 'caughtFor'> {
  const options = text.split(', ').filter((option) => option !== '');
  const valueOf = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`${name} `))?.slice(name.length + 1);
  const version = (name: string): Major | undefined =>
    MAJORS.find((major) => String(major) === valueOf(name));
  const unknown = options.filter((option) => !/^(for|since|until) /.test(option));
  if (unknown.length > 0) throw new Error(`${where}: unknown option ${unknown.join(', ')}`);
  const [since, until, caughtFor] = [version('since'), version('until'), valueOf('for')?.split(' ')];
  return { ...(since && { since }), ...(until && { until }), ...(caughtFor && { caughtFor }) };
}
