#!/usr/bin/env node
// Exit codes: 0 ok, 1 findings, 2 usage or config or template, 3 database, 4 apply or rollback failed,
// 5 isolation broken, 70 bug, 130 interrupted (docs/errors.md).
import { setFlagsFromString } from 'node:v8';
import { main } from '../dist/bundle/main.js';

const major = Number(process.versions.node.split('.')[0]);

// A run reads a few scripts: to compile the SQL grammar's WebAssembly once more, for speed, costs more than it saves.
setFlagsFromString('--liftoff-only');
// Most runs are over before optimised code has paid for its making, a quarter of the time of a validate: fifteen times the
// default, so that only what is really hot is optimised. Later versions of Node do not have the flag, nor the need.
if (major === 20) setFlagsFromString('--interrupt-budget=1000000');
// Node has it from version 21 on. Without it pg looks for Cloudflare's by way of Response, which loads all of fetch.
globalThis.navigator ??= { userAgent: `Node.js/${major}` };

process.exitCode = await main(process.argv.slice(2));
