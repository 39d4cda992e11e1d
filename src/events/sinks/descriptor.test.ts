import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { it } from 'node:test'

const script = `
  import { openDescriptor } from ${JSON.stringify(new URL('./descriptor.ts', import.meta.url).href)}
  const sink = openDescriptor(1)
  const line = Buffer.from('x'.repeat(999) + '\\n')
  let written = 0
  const big = Buffer.concat(Array.from({ length: 500 }, () => line))
  sink.write(big).then(() => { written = 1; process.send('written') }, () => {})
  process.on('message', () => {})
  process.on('disconnect', async () => { await sink.close(); process.exit(written === 1 ? 0 : 3) })
  process.send('ready')`

function start(stdout: 'pipe' | number): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', stdout, 'inherit', 'ipc'] })
}

it('lets the process end although nobody reads its standard output', async () => {
  const child = start('pipe')
  await once(child, 'message')
  child.disconnect()
  const [code] = await once(child, 'exit')
  assert.equal(code, 3, 'it ends by itself, with the write undone')
  child.stdout?.destroy()
})

it('writes everything to a reader that comes late', async () => {
  const child = start('pipe')
  await once(child, 'message')
  let bytes = 0
  let told = false
  const end = (): void => {
    if (told && bytes === 500_000) child.disconnect()
  }
  child.on('message', () => {
    told = true
    end()
  })
  child.stdout?.on('data', chunk => {
    bytes += chunk.length
    end()
  })
  const [code] = await once(child, 'exit')
  assert.deepEqual([code, bytes], [0, 500_000])
})

it('appends to a file that standard output was sent to', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-stdout-'))
  const file = path.join(folder, 'out')
  const child = start(openSync(file, 'a'))
  await new Promise<void>(resolve => {
    child.on('message', message => {
      if (message === 'written') resolve()
    })
  })
  child.disconnect()
  await once(child, 'exit')
  assert.equal(readFileSync(file, 'utf8').length, 500_000)
  rmSync(folder, { recursive: true })
})
