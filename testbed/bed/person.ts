import type { Random } from './random.ts'

/** Somebody who does not exist, with data that would pass for anybody's. */
export interface Person {
  readonly id: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
  readonly phone: string
  readonly street: string
  readonly postcode: string
  readonly city: string
  readonly country: string
  readonly birthDate: string
  readonly card: string
  readonly iban: string
}

const givenNames =
  'Ada Anton Berta Bruno Carla Cem David Dora Emil Emma Finn Frida Georg Greta Hanna Hugo Ida Ivan Jana Jonas Karl Klara Lea Leo Lina Lukas Maria Max Nina Noah Olga Otto Paula Paul Rosa Rolf Sara Simon Tara Theo Uta Viktor Wanda Yusuf Zoe Jürgen Çağla Łukasz Anne-Sophie Renée'.split(
    ' ',
  )
const familyNames =
  'Adler Bauer Becker Berg Brandt Busch Demir Engel Fischer Frank Fuchs Graf Haas Hahn Hansen Huber Jansen Kaya Keller Koch Krause Lang Lorenz Maier Meyer Moreau Nowak Olsen Peters Petrov Pohl Rossi Roth Sauer Schmitt Schulz Seidel Silva Sommer Stein Vogel Wagner Weber Winter Wolf Ziegler Müller Größe O’Neill Meyer-Lüders Çelik Nuñez'.split(
    ' ',
  )
const streets =
  'Bahnhofstraße,Gartenweg,Hafenstraße,Hauptstraße,Lindenallee,Marktplatz,Mühlenweg,Ringstraße,Schulstraße,Seeweg'.split(
    ',',
  )
const cities = 'Bremen Dresden Erfurt Freiburg Hamburg Kassel Leipzig Mainz Rostock Ulm'.split(' ')
const mailHosts = 'example.com example.net example.org mail.example post.example'.split(' ')

export function makePerson(random: Random): Person {
  const givenName = random.pick(givenNames)
  const familyName = random.pick(familyNames)
  return {
    id: makeUuid(random),
    givenName,
    familyName,
    email: `${ascii(givenName)}.${ascii(familyName)}${random.between(1, 99)}@${random.pick(mailHosts)}`,
    phone: `+49 15${random.between(1, 7)} ${random.between(1_000_000, 9_999_999)}`,
    street: `${random.pick(streets)} ${random.between(1, 140)}`,
    postcode: String(random.between(10_115, 99_998)),
    city: random.pick(cities),
    country: random.pick(['DE', 'DE', 'DE', 'AT', 'CH']),
    birthDate: `${random.between(1948, 2004)}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`,
    card: makeCard(random),
    iban: makeIban(random),
  }
}

/** RFC 9562 version 4. */
export function makeUuid(random: Random): string {
  const digits = random.hex(32)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${'89ab'[random.below(4)]}${digits.slice(17, 20)}-${digits.slice(20)}`
}

/** In the ranges that the networks keep for tests (424242, 555555), with a check digit that holds. */
export function makeCard(random: Random): string {
  const start = random.pick(['424242', '555555']) + String(random.below(1_000_000_000)).padStart(9, '0')
  let sum = 0
  for (let i = 0; i < start.length; i++) {
    const digit = Number(start[start.length - 1 - i])
    sum += i % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return start + String((10 - (sum % 10)) % 10)
}

/** German, with check digits that hold (ISO 13616). */
export function makeIban(random: Random): string {
  const account = `${random.between(10_000_000, 89_999_999)}${String(random.below(10_000_000_000)).padStart(10, '0')}`
  // "DE00" behind the account, letters as numbers: D = 13, E = 14.
  const check = 98n - (BigInt(`${account}131400`) % 97n)
  return `DE${String(check).padStart(2, '0')}${account}`
}

/** As people spell themselves in addresses. */
function ascii(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .normalize('NFD')
    .replace(/[^a-z-]/g, '')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
