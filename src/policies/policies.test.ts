import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import * as z from 'zod'
import { phases } from '../core/phase.ts'
import { coreProblems } from '../core/problem.ts'
import { policies } from './index.ts'

const kebab = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

it('there are policies to check', () => {
  assert.ok(policies.length >= 8)
})

it('names are kebab-case and unique', () => {
  for (const { name } of policies) assert.match(name, kebab)
  assert.equal(new Set(policies.map(policy => policy.name)).size, policies.length)
})

it('problem codes are kebab-case, belong to one policy alone, and have a status and a title', () => {
  const owners = new Map<string, string>(Object.keys(coreProblems).map(code => [code, 'core']))
  for (const policy of policies) {
    for (const [code, [status, title]] of Object.entries(policy.problems)) {
      assert.match(code, kebab)
      assert.equal(owners.get(code), undefined, `${code} of ${policy.name} is taken`)
      owners.set(code, policy.name)
      assert.ok(Number.isInteger(status) && status >= 400 && status <= 599, `${code}: ${status}`)
      assert.ok(title.length > 0 && !title.endsWith('.'), `${code}: ${title}`)
    }
  }
})

it('every definition is complete', async () => {
  for (const policy of policies) {
    assert.ok(typeof policy.phase === 'function' || phases.includes(policy.phase), policy.name)
    assert.equal(typeof policy.compile, 'function', policy.name)
    assert.ok((await policy.schema()) instanceof z.ZodType, policy.name)
    for (const counter of policy.counters ?? []) assert.match(counter, /^[a-z][a-z0-9_-]*$/, policy.name)
  }
})

it('every setting is described, and unknown settings are errors', async () => {
  let seen = 0
  for (const policy of policies) {
    const schema = await policy.schema()
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
    const objects = json.type === 'object' ? [json] : [...(json.anyOf ?? []), ...(json.oneOf ?? [])]
    assert.ok(objects.length > 0, policy.name)
    for (const object of objects) {
      assert.equal(object.additionalProperties, false, policy.name)
      for (const [name, property] of Object.entries(object.properties ?? {})) {
        seen++
        assert.ok(property.description ?? property.const, `${policy.name}.${name} has no description`)
      }
    }
    const unknown = schema.safeParse({ 'surely-not-a-setting': 1 })
    assert.equal(unknown.success, false, policy.name)
  }
  assert.ok(seen > 20)
})

it('every setting is in the README of its policy', async () => {
  for (const policy of policies) {
    const readme = readFileSync(`${import.meta.dirname}/${policy.name}/README.md`, 'utf8')
    const json = z.toJSONSchema(await policy.schema(), { io: 'input', unrepresentable: 'any' }) as JsonSchema
    const objects = json.type === 'object' ? [json] : [...(json.anyOf ?? []), ...(json.oneOf ?? [])]
    for (const object of objects)
      for (const name of Object.keys(object.properties ?? {}))
        assert.ok(readme.includes(name), `${policy.name}: README says nothing of ${name}`)
    for (const code of Object.keys(policy.problems))
      assert.ok(readme.includes(code), `${policy.name}: README says nothing of ${code}`)
  }
})

it('the table of all policies names each with its phase', () => {
  const readme = readFileSync(`${import.meta.dirname}/README.md`, 'utf8')
  for (const { name, phase } of policies) {
    const row = readme.split('\n').find(line => line.startsWith(`| [${name}](${name}/README.md) |`))
    assert.ok(row, `README.md has no row for ${name}`)
    if (typeof phase === 'string') assert.ok(row.includes(`| ${phase} |`), row)
  }
})

it('no policy loads zod, which the workers never need', () => {
  let files = 0
  for (const policy of policies) {
    const folder = `${import.meta.dirname}/${policy.name}`
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file === 'schema.ts') continue
      files++
      const text = readFileSync(`${folder}/${file}`, 'utf8')
      assert.doesNotMatch(
        text,
        /^import (?!type)[^\n]*(?:from '(?:zod|[^']*core\/(?:values|yaml)\.ts|\.\/schema\.ts)')/m,
        `${policy.name}/${file}`,
      )
    }
  }
  assert.ok(files >= policies.length)
})

interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly description?: string
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}
