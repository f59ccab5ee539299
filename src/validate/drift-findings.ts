import type { CatalogueObject } from './catalogue.js';
import { relationOf, type Difference } from './drift.js';
import { creation, removal, renaming, repair, RERUN, grantSql } from './drift-remedies.js';
import {
  asList,
  gradeAltered,
  gradeExtra,
  gradeMissing,
  isGiven,
  RENAMED,
  textOf,
  type Grade,
} from './drift-rules.js';
import type { Finding } from './model.js';
import { comparePrivileges, describeLetters, type PrivilegeChange } from './privileges.js';

/** Tells differences as a person would, with a way back. */
export function describeDifferences(differences: readonly Difference[]): Finding[] {
  return differences.flatMap(describe);
}

function describe(difference: Difference): Finding[] {
  switch (difference.change) {
    case 'missing':
      return [missing(difference.expected, difference.parts)];
    case 'extra':
      return [extra(difference.found)];
    case 'renamed':
      return [renamed(difference.expected, difference.found)];
    case 'altered':
      return difference.properties.flatMap((property) =>
        property === 'privileges'
          ? privileges(difference.expected, difference.found)
          : [altered(difference.expected, difference.found, property)],
      );
  }
}

const finding = (object: CatalogueObject, grade: Grade, message: string, remedy: string): Finding => ({
  object: `${object.kind} ${object.name}`,
  ...grade,
  message,
  remedy,
});

function missing(object: CatalogueObject, parts: readonly CatalogueObject[]): Finding {
  const company = countKinds(parts);
  return finding(
    object,
    gradeMissing(object),
    company === '' ? 'is missing' : `is missing, with ${company}`,
    creation(object) ?? `Create it again. ${RERUN}`,
  );
}

/** `3 columns, 1 policy`. */
function countKinds(objects: readonly CatalogueObject[]): string {
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const count = objects.filter((object) => object.kind === kind).length;
      return count === 1 ? `1 ${kind}` : `${count} ${PLURALS[kind] ?? `${kind}s`}`;
    })
    .join(', ');
}

const PLURALS: Readonly<Record<string, string>> = { index: 'indexes', policy: 'policies' };

function extra(object: CatalogueObject): Finding {
  const what = summaryOf(object);
  return finding(
    object,
    gradeExtra(object),
    `stands there and no script made it${what === '' ? '' : `: ${what}`}`,
    removal(object) ?? 'Remove it, or add it to a pack that extends this one.',
  );
}

function renamed(expected: CatalogueObject, found: CatalogueObject): Finding {
  const called = found.name.slice(relationOf(found).length + 1);
  return finding(expected, RENAMED, `is called ${called}`, renaming(expected, called));
}

function altered(expected: CatalogueObject, found: CatalogueObject, property: string): Finding {
  const was = textOf(expected.properties[property]);
  const is = textOf(found.properties[property]);
  return finding(
    expected,
    gradeAltered(expected, found, property),
    was.length + is.length > 400 ? `its ${property} is another` : `${property}: ${was} → ${is}`,
    repair(expected, found, property),
  );
}

function privileges(expected: CatalogueObject, found: CatalogueObject): Finding[] {
  const changes = comparePrivileges(
    asList(expected.properties['privileges']),
    asList(found.properties['privileges']),
  );
  if (changes.length === 0) {
    const message = 'its privileges were granted by somebody else';
    return [finding(expected, { severity: 'note', isolation: false }, message, RERUN)];
  }
  return changes.flatMap((change) => [
    ...(change.gained === '' ? [] : [gained(expected, change)]),
    ...(change.lost === '' ? [] : [lost(expected, change)]),
  ]);
}

const gained = (object: CatalogueObject, change: PrivilegeChange): Finding =>
  finding(
    object,
    { severity: 'error', isolation: true },
    `${change.grantee} may ${describeLetters(change.gained)}, and no script says so`,
    grantSql('revoke', object, change.gained, change.grantee),
  );

const lost = (object: CatalogueObject, change: PrivilegeChange): Finding =>
  finding(
    object,
    { severity: 'error', isolation: false },
    `${change.grantee} may no longer ${describeLetters(change.lost)}`,
    grantSql('grant', object, change.lost, change.grantee),
  );

/** What an object is, in a few words. */
function summaryOf(object: CatalogueObject): string {
  const { definition, type, using, check, permissive } = object.properties;
  if (object.kind === 'policy') {
    const kind = permissive === true ? 'permissive' : 'restrictive';
    return [
      kind,
      !isGiven(using) ? '' : `using ${textOf(using)}`,
      !isGiven(check) ? '' : `with check ${textOf(check)}`,
    ]
      .filter((part) => part !== '')
      .join(' ');
  }
  return textOf(definition ?? type ?? '').slice(0, 200);
}
