import { z } from 'zod';

const recorded = z.object({
  names: z.object({
    department: z.object({ id: z.string(), name: z.string() }).optional(),
    words: z.array(z.tuple([z.string(), z.string()])),
  }),
  objects: z.array(
    z.object({ kind: z.string(), name: z.string(), properties: z.record(z.string(), z.unknown()) }),
  ),
});

/** A stored expectation as it is written; a module of its own, so that only who reads one loads zod. */
export const snapshotSchema = z.object({
  schemaVersion: z.literal(1),
  fedgen: z.string(),
  pack: z.string(),
  packVersion: z.int(),
  server: z.int(),
  rolePrefix: z.string(),
  recording: z.object({ target: recorded, controlPlane: recorded }),
});
