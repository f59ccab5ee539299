import type { PlacedDatabase, Settings } from '../config/settings.js';
import { placeOf } from '../plan/placement.js';
import { FedgenError } from '../shared/errors.js';

/** The settings for one of several databases. */
export const settingsIn = (settings: Settings, { database, rolePrefix }: PlacedDatabase): Settings => ({
  ...settings,
  rolePrefix: rolePrefix ?? settings.rolePrefix,
  database,
  databases: [],
});

/**
 * The settings for the database that a department belongs to; as they are where there is only one, or no department.
 * @throws FedgenError E_USAGE for a department that belongs to none.
 */
export function settingsFor(settings: Settings, departmentId: string | undefined): Settings {
  if (settings.databases.length === 0 || departmentId === undefined) return settings;
  return settingsIn(settings, requirePlace(settings, departmentId));
}

/** The database that a department belongs to. @throws FedgenError E_USAGE where no database names it. */
export function requirePlace({ databases }: Settings, departmentId: string): PlacedDatabase {
  const place = placeOf(databases, departmentId);
  if (place) return place;
  throw new FedgenError('E_USAGE', `department "${departmentId}" belongs to none of the databases`, {
    hint: `Add it to the departments of one of them in the configuration (${databases.map(({ name }) => name).join(', ')}), or say --database NAME.`,
    details: { departmentId },
  });
}
