#!/usr/bin/env node
// Exit codes: 0 ok, 1 findings, 2 usage or config or template, 3 database, 4 apply or rollback failed,
// 5 isolation broken, 70 bug, 130 interrupted (docs/errors.md).
import { main } from '../dist/cli/main.js';

process.exitCode = await main(process.argv.slice(2));
