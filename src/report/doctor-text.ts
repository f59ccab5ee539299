import type { DoctorResult, DoctorSection } from '../api/doctor.js';
import type { Paint } from './paint.js';
import { formatTable } from './table.js';

/** The answers of doctor, one below the other. */
export function formatDoctor(result: DoctorResult, paint: Paint): string {
  const head = `${result.server}, PostgreSQL ${Math.floor(result.serverVersion / 10_000)}: ${schemaList(result.schemas)}`;
  return [head, ...result.sections.map((section) => sectionText(section, paint))].join('\n\n');
}

const SHOWN_SCHEMAS = 5;

function schemaList(schemas: readonly string[]): string {
  const more = schemas.length - SHOWN_SCHEMAS;
  return `${schemas.slice(0, SHOWN_SCHEMAS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function sectionText(section: DoctorSection, paint: Paint): string {
  const title = paint.bold(section.title);
  if (section.unavailable) {
    const { reason, remedy } = section.unavailable;
    return [
      title,
      `${paint.yellow('not answered:')} ${reason}`,
      ...(remedy === undefined ? [] : [remedy]),
    ].join('\n');
  }
  const notes = section.notes.map((note) => paint.dim(note));
  if (section.rows.length === 0) return [title, 'None.', ...notes].join('\n');
  // Bytes are for machines where the same stands there for people.
  const columns = section.columns.filter((column) => column !== 'bytes');
  const rows = section.rows.map((row) => columns.map((column) => cell(row[column])));
  return [title, formatTable(columns, rows, paint), ...notes].join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString().slice(0, 16).replace('T', ' ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' || typeof value === 'string' ? String(value) : JSON.stringify(value);
}
