#!/usr/bin/env node
/** The `whereabouts` command. */
import { runCommand } from './run.ts'

process.exitCode = await runCommand(process.argv.slice(2))
