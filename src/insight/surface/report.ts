import type { Part } from './parts.ts'
import type { Surface } from './surface.ts'

/** A surface as plain data, for programs; `patch` is the YAML, null where the configuration as written is not at hand. */
export function surfaceReport(surface: Surface, patch: string | null = null) {
  const { plan, exposure, privileges, surplus, surplusAfter, blast, reasons, unreached, notes } = surface
  return {
    zones: exposure,
    surplus,
    surplusAfter,
    privileges: privileges.list,
    plan: plan.routes
      .filter(({ changed }) => changed)
      .map(({ route, parts }) => ({ route: route.name, becomes: parts.map(partReport) })),
    patch,
    blastRadius: blast,
    reasons,
    unreached,
    notes,
  }
}

function partReport({ name, path, methods, principals, locked }: Part) {
  return { name, path, methods, principals, locked }
}
