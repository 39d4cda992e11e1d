/** What the shop sells and who buys there; the same at every start. */

export interface Product {
  readonly id: number
  readonly name: string
  readonly category: 'tea' | 'cups' | 'tools'
  readonly price: number
  stock: number
}

export interface Order {
  readonly id: number
  readonly login: string
  status: 'open' | 'paid'
  readonly total: number
  readonly items: ReadonlyArray<{ readonly productId: number; readonly quantity: number }>
}

const names: ReadonlyArray<readonly [string, Product['category'], number]> = [
  ['Assam', 'tea', 7.5],
  ['Bancha', 'tea', 9],
  ['Ceylon', 'tea', 6.8],
  ['Darjeeling', 'tea', 12.4],
  ['Earl Grey', 'tea', 7.2],
  ['Genmaicha', 'tea', 8.9],
  ['Glass cup', 'cups', 5],
  ['Porcelain cup', 'cups', 14.5],
  ['Clay cup', 'cups', 11],
  ['Travel mug', 'cups', 19.9],
  ['Kettle', 'tools', 39],
  ['Strainer', 'tools', 4.5],
  ['Scale', 'tools', 24],
  ['Timer', 'tools', 9.9],
]

export const products: readonly Product[] = names.map(([name, category, price], index) => ({
  id: index + 1,
  name,
  category,
  price,
  stock: 50,
}))

export const users = ['alice', 'bob', 'carol', 'dave', 'erin'].map((login, index) => ({
  id: index + 1,
  login,
  name: `${login[0]?.toUpperCase()}${login.slice(1)} Example`,
  email: `${login}@shop.example`,
  address: `${index + 1} Harbour Street`,
}))
