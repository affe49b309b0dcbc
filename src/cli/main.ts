#!/usr/bin/env node
/** The `whereabouts` command. */
import { runCommand } from './run.ts'

// Who reads our output has had enough (`… | head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
// Progress that nobody reads any more (`2>&1 | head`, a closed session) must not end a build of
// days, whatever the error: there is nowhere left to tell it. The exit code still says how the
// command ended.
process.stderr.on('error', () => undefined)
process.exitCode = await runCommand(process.argv.slice(2))
