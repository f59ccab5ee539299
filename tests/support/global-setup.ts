import type { TestProject } from 'vitest/node';
import { startDefaultTestServer, type TestServerFacts } from './postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that is shared by all tests of a project; `inject('testServer')` in a test. */
    testServer: TestServerFacts;
  }
}

/** Starts one server for all tests of a project and tells them where it is. vitest runs this once per project. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...facts } = await startDefaultTestServer();
  project.provide('testServer', facts);
  return stop;
}
