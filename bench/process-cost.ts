import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU time (user + system) that a process and its descendants have used so far, all threads counted, µs. */
export function cpuUs(pid: number): number {
  let ticks = 0
  for (const member of processTree(pid)) {
    const fields = statFields(member)
    if (fields === null) continue
    // proc(5): utime and stime are fields 14 and 15; children that were waited for are in 16 and 17.
    ticks += Number(fields[11]) + Number(fields[12]) + (member === pid ? Number(fields[13]) + Number(fields[14]) : 0)
  }
  return (ticks * 1e6) / ticksPerSecond
}

/** The same of the process alone. */
export function ownCpuUs(pid: number): number {
  const fields = statFields(pid)
  return fields === null ? 0 : ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond
}

/** Resident memory of a process and its descendants, bytes. */
export function rssBytes(pid: number): number {
  let kilobytes = 0
  for (const member of processTree(pid)) {
    kilobytes += Number(/VmRSS:\s+(\d+)/.exec(readOr(`/proc/${member}/status`))?.[1] ?? 0)
  }
  return kilobytes * 1024
}

/** The highest resident memory of a process so far, bytes. */
export function peakRssBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readOr(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statFields(Number(name))
    if (fields === null) continue
    const parent = Number(fields[1])
    const list = children.get(parent)
    if (list === undefined) children.set(parent, [Number(name)])
    else list.push(Number(name))
  }
  const members = [pid]
  for (const member of members) members.push(...(children.get(member) ?? []))
  return members
}

/** Fields of /proc/PID/stat from the third (state) on: the second, the name, may hold spaces and parentheses. */
function statFields(pid: number): string[] | null {
  const text = readOr(`/proc/${pid}/stat`)
  return text === '' ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The process has ended in the meantime.
    return ''
  }
}
