#!/usr/bin/env node
/** The `whereabouts` command. */
import { runCommand } from './run.ts'

// Who reads our output has had enough (`… | head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await runCommand(process.argv.slice(2))
