/** `role_metric_visibility` → `RoleMetricVisibility`. */
export const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** `bi-analytics` → `biAnalytics`. */
export const camel = (name: string): string => pascal(name).replace(/^./, (first) => first.toLowerCase());

/** Name of a table's type or model: with its schema where that is not the main one. */
export const typeName = (
  table: { readonly schema: string; readonly name: string },
  mainSchema: string,
): string => pascal(table.schema === mainSchema ? table.name : `${table.schema}_${table.name}`);
