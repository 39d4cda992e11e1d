import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** `portcullis demo`: the shop, the identity provider, the gateway and traffic of the test bed; part of a checkout, not of the package. */
export async function demo(): Promise<void> {
  const place = new URL('../../testbed/demo.ts', import.meta.url)
  if (!existsSync(fileURLToPath(place)))
    throw new Error('the demo needs a checkout of the source: its test bed is not part of the package')
  const testbed = (await import(place.href)) as { demo(): Promise<void> }
  await testbed.demo()
}
