import { hashOf } from './seeded.ts'

const given =
  'alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor wendy anna ben clara daniel emma felix greta hugo ida jonas karla leon mia nico otto paula quentin rosa stefan tina ulrich vera walter xenia yusuf zoe aaron bianca cedric diana elias fatima george hannah igor julia kevin laura martin nadia oscar petra ravi sofia thomas uma valentin wanda ximena yara zane amir chen dmitri elena giulia hiro ingrid jamal keiko lars mei nikhil olga pablo raj sven tariq'
const family =
  'smith jones brown taylor wilson davies evans walker wright robinson thompson white hughes edwards green hall wood harris lewis martin jackson clarke turner hill scott cooper morris ward moore king watson baker harrison morgan patel young allen mitchell james anderson phillips lee bell parker davis bennett miller cook shaw schmidt fischer weber meyer wagner becker rossi russo ferrari garcia lopez silva santos kim park nguyen tanaka suzuki ivanov'
const adjectives =
  'blue red green dark bright silent happy quick brave calm eager fancy gentle jolly kind lively nice proud silly tiny wild young ancient bitter clever dusty early faint golden hollow icy jagged lazy misty noisy odd pale quiet rough salty tall upset vast warm yellow zealous broken crimson frozen hidden lucky mighty rustic shiny'
const nouns =
  'river mountain forest ocean valley desert island meadow canyon glacier apple banana cherry mango peach lemon tomato potato carrot onion tiger lion eagle falcon wolf otter badger rabbit dolphin whale sparrow robin pencil lamp chair table window mirror carpet blanket pillow kettle spoon guitar piano violin drum trumpet bicycle rocket engine anchor compass hammer ladder bucket lantern candle marble copper silver velvet cotton leather pepper ginger basil cactus orchid maple willow cedar thunder shadow comet nebula galaxy pioneer wizard dragon castle harbor bridge tower garden market'
const cities =
  'london paris berlin madrid rome vienna prague lisbon dublin oslo helsinki warsaw athens zurich geneva munich hamburg milan naples porto boston chicago seattle denver austin dallas houston miami atlanta phoenix toronto montreal vancouver sydney melbourne auckland tokyo osaka kyoto seoul beijing shanghai mumbai delhi bangalore nairobi lagos cairo lima bogota santiago'
const countries =
  'US GB DE FR ES IT NL BE CH AT SE NO DK FI PL CZ PT IE GR TR RU UA JP CN KR IN AU NZ CA MX BR AR CL CO PE ZA NG KE EG MA IL SA AE SG MY TH VN PH ID'
const currencies =
  'USD EUR GBP JPY CHF AUD CAD CNY SEK NOK DKK NZD MXN BRL INR ZAR PLN CZK HUF TRY THB IDR SGD HKD KRW ILS'
const languages = 'en de fr es it nl pt sv da fi pl cs ru ja ko zh ar tr el hu ro uk he hi th vi'
const airports =
  'JFK LAX ORD ATL DFW DEN SFO SEA LHR CDG FRA AMS MAD BCN FCO MUC ZRH VIE CPH OSL ARN HEL DUB LIS IST DXB SIN HKG NRT SYD'
const tickers =
  'AAPL MSFT GOOG AMZN TSLA META NVDA NFLX INTC AMD IBM ORCL CSCO ADBE CRM PYPL UBER SHOP SPOT BABA SAP TM F GM BA GE JPM BAC WMT KO'
const kinds =
  'daily weekly monthly open closed pending active archived draft public private large medium small video audio photo text email sms push basic premium standard web mobile ios android high low critical home work primary secondary north south east west cash card bank car bike train summer winter spring autumn'

/** Words that values are made of. Each half of the evaluation has its own half of every list: unseen values are unseen words too. */
export interface Words {
  readonly given: readonly string[]
  readonly family: readonly string[]
  readonly adjectives: readonly string[]
  readonly nouns: readonly string[]
  readonly cities: readonly string[]
  readonly countries: readonly string[]
  readonly currencies: readonly string[]
  readonly languages: readonly string[]
  readonly airports: readonly string[]
  readonly tickers: readonly string[]
  readonly kinds: readonly string[]
}

export function words(half: 'tuning' | 'held-out'): Words {
  const own = (list: string) =>
    list.split(' ').filter(word => (hashOf(`word ${word}`) % 2 === 0) === (half === 'tuning'))
  return {
    given: own(given),
    family: own(family),
    adjectives: own(adjectives),
    nouns: own(nouns),
    cities: own(cities),
    countries: own(countries),
    currencies: own(currencies),
    languages: own(languages),
    airports: own(airports),
    tickers: own(tickers),
    kinds: own(kinds),
  }
}
