import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json. */
export const productRoot: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The version in package.json. */
export const productVersion: string = (
  JSON.parse(readFileSync(join(productRoot, 'package.json'), 'utf8')) as { version: string }
).version
