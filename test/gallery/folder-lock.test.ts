import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { outcomeOf } from '../../src/errors.ts'
import { lockFolder } from '../../src/gallery/folder-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the lock of a folder', () => {
  test('keeps a second one out until it is given back', async () => {
    const unlock = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toMatchObject({
      name: 'UpstreamError',
      code: 'database-locked',
      message: expect.stringContaining(`process ${process.pid} on ${hostname()}`) as unknown,
    })
    await unlock()
    await (
      await lockFolder(folder)
    )()
  })

  test('is taken over from a process that has died', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    const holder = { pid: child.pid, host: hostname(), started: '1' }
    await writeFile(join(folder, 'lock'), JSON.stringify(holder))
    const unlock = await lockFolder(folder)
    expect(JSON.parse(await readFile(join(folder, 'lock'), 'utf8'))).toMatchObject({
      pid: process.pid,
    })
    await unlock()
  })

  test('is taken over when the process id belongs to a younger process', async () => {
    const holder = { pid: process.pid, host: hostname(), started: 'before' }
    await writeFile(join(folder, 'lock'), JSON.stringify(holder))
    await (
      await lockFolder(folder)
    )()
  })

  test('of another host is respected, and the hint names the file', async () => {
    const holder = { pid: 1, host: 'elsewhere', started: '1' }
    await writeFile(join(folder, 'lock'), JSON.stringify(holder))
    await expect(lockFolder(folder)).rejects.toMatchObject({
      hint: expect.stringContaining(join(folder, 'lock')) as unknown,
    })
  })

  test('that holds rubbish belongs to nobody', async () => {
    await writeFile(join(folder, 'lock'), 'rubbish')
    await expect(lockFolder(folder)).resolves.toBeTypeOf('function')
  })

  test('goes to exactly one of many who find a dead holder', async () => {
    const holder = { pid: 2 ** 22 + 1, host: hostname(), started: '1' }
    await writeFile(join(folder, 'lock'), JSON.stringify(holder))
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('that cannot be written is told, with the folder and the next step, and leaves no draft', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    for (const unusable of [file, join(file, 'below'), join(folder, 'x'.repeat(256))]) {
      const failure: unknown = await lockFolder(unusable).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        name: 'UpstreamError',
        code: 'database-unavailable',
        message: expect.stringContaining(unusable) as unknown,
        hint: expect.stringContaining('--data-dir') as unknown,
      })
      expect(outcomeOf(failure).exit).toBe(69)
    }
    expect(await readdir(folder)).toEqual(['file'])
  })
})
