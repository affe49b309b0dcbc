/**
 * Names of files as people write them, with wildcards or as a folder → the files.
 * @io disk
 */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { InputError } from '../errors.ts'

const GEOTIFFS = '*.{tif,tiff}'

/**
 * The files that a name stands for, as absolute paths in the order of their names: itself, all
 * GeoTIFFs of a folder, or what a pattern matches (`*`, `?`, `[…]`, `{…}`, `**` for folders of any
 * depth). A file whose name looks like a pattern is itself.
 * @throws {InputError} `file-unreadable` for a pattern or folder without any
 */
export async function expandFiles(name: string): Promise<string[]> {
  const found = await stat(resolve(name)).catch(() => null)
  if (found?.isDirectory()) return findFiles(GEOTIFFS, resolve(name), join(name, GEOTIFFS))
  if (found !== null || !isDynamicPattern(name)) return [resolve(name)]
  return findFiles(name, process.cwd(), name)
}

/** Whether a path is one of a folder. */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(resolve(path)).catch(() => null)
  return found?.isDirectory() === true
}

async function findFiles(pattern: string, folder: string, shown: string): Promise<string[]> {
  const files = await glob(pattern, {
    cwd: folder,
    absolute: true,
    caseSensitiveMatch: false,
    expandDirectories: false,
  })
  if (files.length > 0) return files.sort()
  throw new InputError('file-unreadable', `Expected files like ${shown}, got none`, {
    hint: 'check the folder (relative to the working directory) and the pattern; ** stands for folders of any depth',
  })
}
