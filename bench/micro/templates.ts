// Insight takes every exchange: the must is 500,000 paths a second on one core, that is 2,000 ns each.
import { TemplateSet } from '../../src/insight/templates/template-set.ts'
import type { MicroCase } from './micro-case.ts'

const words = ['orders', 'users', 'invoices', 'products', 'carts', 'payments', 'search', 'reports']
const paths = Array.from({ length: 4096 }, (_, i) => {
  const word = words[i % words.length] as string
  const id = (i * 2_654_435_761) >>> 0
  const uuid = `${id.toString(16).padStart(8, '0')}-2f1d-4f0e-9a53-7f1f3a0c9d11`
  return [
    `/api/v1/${word}/${id}`,
    `/api/v1/${word}/${uuid}/lines/${i % 90}`,
    `/api/v1/${word}`,
    `/api/v1/users/user${i % 100}/posts`,
  ][i % 4] as string
})
const set = new TemplateSet()
for (const path of paths) set.learn(path)
set.templateOf('/api/v1/orders/1')
let at = 0

export const cases: readonly MicroCase[] = [
  { name: 'templates: learn a path, warm', run: () => set.learn(paths[at++ & 4095] as string) },
  { name: 'templates: leaf of a path', run: () => set.leafOf(paths[at++ & 4095] as string) },
]
