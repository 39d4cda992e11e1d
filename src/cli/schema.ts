import { editorSchema } from '../config/editor-schema.ts'
import { sinks } from '../events/sinks/index.ts'
import { policies } from '../policies/index.ts'

/** `portcullis schema`: the JSON Schema of the configuration, for editors (`# yaml-language-server: $schema=FILE`). */
export async function schema(): Promise<void> {
  console.log(JSON.stringify(await editorSchema(policies, sinks), null, 2))
}
