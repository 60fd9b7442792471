import type { Edit } from './copy-tree.ts'

/** A fault that is put into a copy of the project, and the test (arguments of Node) that must turn red. */
export interface Mutant {
  name: string
  edits: Edit[]
  test: readonly string[]
}

/** The tests of one file, or those of it whose titles have a part, as arguments of Node. */
export function tests(
  project: 'unit' | 'database' | 'simulation',
  file: string,
  titlePart?: string,
): readonly string[] {
  return [
    'node_modules/vitest/vitest.mjs',
    'run',
    '-c',
    'build/vitest.config.ts',
    '--project',
    project,
    file,
    ...(titlePart === undefined ? [] : ['--testNamePattern', titlePart]),
  ]
}
