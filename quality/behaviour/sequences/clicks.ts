import { seeded } from '../../traffic/seeded.ts'
import { runs, type SequenceSource, zipf } from './sequence-set.ts'

/**
 * Visits to a shop: pages by popularity (Zipf), habits of where one goes from where, carts and orders in their order, and now and then an address that
 * somebody mistyped. Attacks: harvesting pages one after the other, looking for hidden ones, paying without a cart, guessing vouchers or logins.
 */
export function clicks(seed: string): SequenceSource {
  const random = seeded(seed)
  const pages = 60 + random.below(60)
  const popular = zipf(random, pages)
  const near = Array.from({ length: pages }, () => [popular(), popular(), popular()])
  const typo = (): string => `/page/${random.below(1_000_000)}x`
  const browse = (steps: string[]): void => {
    let page = popular()
    for (let left = runs(random, 0.8, 25); left > 0; left--) {
      steps.push(random.next() < 0.002 ? typo() : `/page/${page}`)
      page = random.next() < 0.6 ? random.pick(near[page] as number[]) : popular()
      if (random.next() < 0.1) steps.push('/search')
    }
  }
  const order = (): string[] => ['/cart', '/address', '/payment', '/order', '/thanks']
  const normal = (): string[] => {
    const steps = random.next() < 0.7 ? ['/'] : []
    browse(steps)
    if (random.next() < 0.4) {
      steps.push('/login')
      if (random.next() < 0.15) steps.push('/login')
      browse(steps)
      for (let left = runs(random, 0.4, 5); left > 0; left--)
        steps.push('/cart/add', ...(random.next() < 0.5 ? [`/page/${popular()}`] : []))
      if (random.next() < 0.6) {
        steps.push(...order().slice(0, 2))
        if (random.next() < 0.2) steps.push('/voucher')
        steps.push(...order().slice(2))
      }
      if (random.next() < 0.5) steps.push('/logout')
    }
    return steps
  }
  const abnormal = (): string[] => {
    switch (random.below(6)) {
      case 0: {
        const from = random.below(pages - 30)
        return Array.from({ length: 15 + random.below(15) }, (_, i) => `/page/${from + i}`)
      }
      case 1:
        return [
          ...normal().slice(0, 4),
          ...Array.from({ length: 3 + random.below(4) }, () => `/admin/${random.below(500)}`),
        ]
      case 2:
        return ['/', `/page/${popular()}`, ...order().slice(2)]
      case 3:
        return [...normal().slice(0, 3), '/login', ...Array.from({ length: 5 + random.below(20) }, () => '/login')]
      case 4:
        return [
          '/login',
          '/cart/add',
          '/cart',
          '/address',
          ...Array.from({ length: 5 + random.below(10) }, () => '/voucher'),
        ]
      default:
        return ['/', '/login', ...order().toReversed(), '/logout']
    }
  }
  return { name: 'clicks', normal, abnormal }
}
