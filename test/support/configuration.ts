import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as z from 'zod'
import { createOpenApiJudge } from '../../src/cli/openapi-judge.ts'
import { tlsJudge } from '../../src/cli/tls-judge.ts'
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { ConfigError, type ConfigIssue } from '../../src/core/config-error.ts'
import type { Phase } from '../../src/core/phase.ts'
import type { Policy } from '../../src/core/policy.ts'
import type { Sink } from '../../src/core/sink.ts'
import { document, duration, rate, secret } from '../../src/core/values.ts'
import { PASS } from '../../src/core/verdict.ts'

/** Policies and a sink that know just enough to try every rule of the configuration. */
export const testPolicies: readonly Policy[] = [
  policy('anonymous', 'identify', z.strictObject({})),
  policy('mtls', 'identify', z.strictObject({})),
  policy(
    'token',
    'identify',
    z.strictObject({
      issuer: z.url().describe('Who vouches.'),
      secret: secret().optional(),
      algorithms: z.array(z.enum(['RS256', 'ES256'])).default(['RS256']),
      leeway: duration().prefault('30s'),
      retries: z.int().min(0).default(3),
      strict: z.boolean().default(true),
    }),
  ),
  policy(
    'keys',
    'identify',
    z.strictObject({
      keys: document(z.strictObject({ keys: z.array(z.strictObject({ id: z.string(), digest: secret() })) })),
    }),
  ),
  policy(
    'limit',
    with_ => ((with_ as { by: string }).by === 'address' ? 'admit' : 'limit'),
    z.strictObject({ limit: rate(), by: z.enum(['address', 'principal']).default('address') }),
  ),
  {
    ...policy(
      'fussy',
      'authorize',
      z.strictObject({ rules: z.array(z.string()).default([]), token: secret().optional() }),
    ),
    warnings: settings => ((settings as { rules: string[] }).rules.length === 0 ? ['has no rules'] : []),
    compile: settings => {
      const { rules, token } = settings as { rules: string[]; token?: { reveal(): string } }
      const bad = rules.indexOf('bad')
      if (bad >= 0)
        throw new ConfigError({
          pointer: `/rules/${bad}`,
          reason: `is not a rule (${token?.reveal() ?? ''})`,
          hint: 'write a good one',
        })
      if (rules.includes('crash')) throw new TypeError('a bug')
      return {}
    },
  },
]

export const testSinks: readonly Sink[] = [
  {
    name: 'file',
    schema: async () => z.strictObject({ path: z.string() }),
    paths: ['path'],
    open: () => ({ write: async () => {}, close: async () => {} }),
  },
]

function policy(name: string, phase: Policy['phase'] | Phase, schema: z.ZodType): Policy {
  return { name, phase, schema: async () => schema, problems: {}, compile: () => ({ request: () => PASS }) }
}

export interface Written {
  /** File name → content; `portcullis.yaml` is loaded unless `path` says otherwise. */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly path?: string
  readonly env?: Readonly<Record<string, string>>
  readonly policies?: readonly Policy[]
  readonly sinks?: readonly Sink[]
}

export type Loaded =
  | { readonly loaded: LoadedConfig; readonly issues: null }
  | { readonly loaded: null; readonly issues: readonly ConfigIssue[] }

/** Writes files to a folder of their own, loads the configuration and removes the folder. Places name files relative to that folder. */
export async function loadWritten(written: Written): Promise<Loaded> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-config-'))
  try {
    for (const [name, content] of Object.entries(written.files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), content)
    }
    const loaded = await loadConfig({
      path: path.join(folder, written.path ?? 'portcullis.yaml'),
      env: written.env ?? {},
      policies: written.policies ?? testPolicies,
      sinks: written.sinks ?? testSinks,
      cpus: 2,
      now: Date.UTC(2026, 0, 1),
      tls: tlsJudge,
      openapi: createOpenApiJudge(),
    })
    return { loaded, issues: null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const short = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(folder, '.')
    return {
      loaded: null,
      issues: error.issues.map(issue => ({
        ...issue,
        reason: short(issue.reason),
        ...(issue.hint === undefined ? {} : { hint: short(issue.hint) }),
        ...(issue.place === undefined ? {} : { place: { ...issue.place, file: short(issue.place.file) } }),
      })),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
