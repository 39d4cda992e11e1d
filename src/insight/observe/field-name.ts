// Hot path: once per field, from a cache.
import type { DataClass } from '../model/data-class.ts'

/** What the name of a field, parameter or path segment promises of its value. A promise only: `dataClass` asks the value too. */
export interface NameHint {
  /** The class that a plausible value of this name has. */
  readonly class: DataClass | null
  /** An id of a person whose issuer gives it no check digit that others could test: passports, licences. */
  readonly unchecked: boolean
  /** Names one thing among many: its values become hashes. */
  readonly identifier: boolean
  /** Names a choice from a short list. */
  readonly choice: boolean
  /** Words that people write, or a person's data: values are never kept, whatever they look like. */
  readonly closed: boolean
  /** Names a point in time. */
  readonly time: boolean
  /** An object with such a field is about a person, so that its `name` is a person's name. */
  readonly person: boolean
  /** `name` and the like: a person's name only in an object that is about a person. */
  readonly bareName: boolean
}

const cacheMax = 4096

/** Hints by name. The cache starts again when strangers have filled it; hints are the same either way. */
export function createNameHints(): (name: string) => NameHint {
  let cache = new Map<string, NameHint>()
  return name => {
    const known = cache.get(name)
    if (known !== undefined) return known
    if (cache.size >= cacheMax) cache = new Map()
    const hint = nameHint(name)
    cache.set(name, hint)
    return hint
  }
}

/** The hint of one name; names beyond 64 characters promise nothing. */
export function nameHint(name: string): NameHint {
  const words = name.length > 64 ? [] : wordsOf(name)
  const text = ` ${words.join(' ')} `
  const last = words.at(-1) ?? ''
  const dataClass = classOf(text, last, words)
  const identifier =
    dataClass === null && (identifiers.test(text) || (/^id\d?$|ids?$/.test(last) && identifierTail(name, last)))
  return {
    class: dataClass,
    unchecked: dataClass === 'national-id' && / (?:passport|licen[cs]e|id card|identity card|government) /.test(text),
    identifier,
    choice: dataClass === null && !identifier && choices.has(last),
    closed: dataClass !== null || freeText.has(last) || people.test(text),
    time: times.test(text),
    person: personal.test(text),
    bareName: words.length === 1 && last === 'name',
  }
}

/** `customerEMail`, `customer_e-mail`, `CUSTOMER.EMAIL` → lower-case words. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(word => word !== '')
}

function classOf(text: string, last: string, words: readonly string[]): DataClass | null {
  // About a value, not the value: `token_type`, `passwordExpiresAt`, `emailVerified`, `cardCount`.
  if (words.length > 1 && about.has(last)) return null
  for (const [pattern, dataClass] of rules) if (pattern.test(text)) return dataClass
  return null
}

const about = new Set(
  (
    'type types count counts verified confirmed valid enabled required expires expiry expiration expired created updated at policy strength ' +
    'length limit status state used remaining opt optin consent preference preferences format template subject label hint rule rules is has ' +
    'changed reset ttl lifetime seconds ms days scheme brand kind issuer method methods endpoint url uri quality score budget size usage max min'
  ).split(' '),
)

/** In this order: the first that fits decides. Each text has a space before and behind every word. */
const rules: ReadonlyArray<readonly [pattern: RegExp, dataClass: DataClass | null]> = [
  [/ private (?:ssh |rsa |pgp )?key | privatekey /, 'private-key'],
  [/ (?:api|access|subscription|client|developer|consumer|app|auth) key (?!id)| apikey | accesskey | x functions key /, 'api-key'],
  [/ (?:password|passwd|passphrase|passcode|pwd|pswd|userpass|kennwort|passwort|contrasena|senha|mot de passe) | pass $/, 'password'],
  [/ (?:page|next|prev|previous|continuation|cursor|sync|pagination|change|resume) token /, null],
  [/ (?:csrf|xsrf|request verification) /, 'token'],
  [/ (?:token|jwt|bearer|authorization|session|sessionid|jsessionid|phpsessid|sid|refreshtoken|accesstoken|idtoken|authtoken) $/, 'token'],
  [/ session (?:id|key|token) | id token | (?:verification|reset|activation|magic|recovery|invite|auth|authorization|backup) code /, 'token'],
  [/ (?:secret|client secret|secrets|credential|credentials|signing key|encryption key|shared key|webhook key|seed phrase|mnemonic|connection string) $/, 'secret'],
  [/ (?:cvv2?|cvc2?|cvn|csc|otp|totp|mfa code|security code|security answer|one time (?:code|password)) $| pin (?:number |code )?$/, 'secret'],
  [/ (?:e ?mail|mail)(?: address| addr)? $| email /, 'email'],
  [/ (?:phone|mobile|cell|cellphone|telephone|tel|fax|msisdn|whatsapp|landline|handy|telefon|phonenumber|mobilenumber)(?: (?:number|no|nr|home|work|e164))? $/, 'phone'],
  [/ iban /, 'iban'],
  [/ (?:card|cc|pan|credit card|debit card|creditcard)(?: (?:number|no|num|nr))? $| cardnumber | ccnumber | primary account number /, 'payment-card'],
  [
    / (?:ssn|sin|nino|nin|tin|itin|pesel|bsn|cpf|curp|aadhaar|aadhar|nir|dni|nie|nif|nric|hetu|ahv|avs|personnummer|kimlik|steuerid|svnr) | (?:social security|social insurance|national insurance|national (?:id|identity|identifier)|citizen|insee|codice fiscale|tax(?:payer)?|steuer|fiscal|identity card|id card|passport|driver s? ?licen[cs]e|driving licen[cs]e|personal (?:id|identity)|government)(?: (?:id|ident|identification|identity|number|no|nr|code))* $| (?:id|identity|identification) (?:number|no|nr) $/,
    'national-id',
  ],
  [/ (?:dob|birth ?day|birth ?date|date of birth|birth dt|born|born on|geburtsdatum|geburtstag|naissance|nacimiento) $/, 'birth-date'],
  [/ (?:ip|ip address|ipv4|ipv6|remote addr|remote address|client ip|ip addr) $/, 'ip-address'],
  [
    / (?:first|last|given|family|middle|maiden|full|sur|legal|birth|preferred|nick|real|display|holder|cardholder|owner|contact|customer|patient|employee|person|recipient|sender|passenger|guest|beneficiary|applicant|student|teacher|doctor|driver|author|buyer|seller|payee|payer|member|user s) ?names? $| (?:firstname|lastname|surname|forename|fname|lname|fullname|givenname|familyname|cardholder|vorname|nachname|prenom|apellido|apellidos|nombre|nickname) $/,
    'person-name',
  ],
  [/ (?:mac|wallet|contract|bitcoin|eth|ethereum|memory|bus|email|host|hardware|web|bind|listen) (?:address|addr) /, null],
  [
    / (?:street|street ?address|address ?line ?\d?|addr ?\d?|address ?\d|postal address|home address|billing address|shipping address|delivery address|mailing address|address|house (?:number|no|nr)|apartment|street ?name|street (?:number|no|nr)|strasse|hausnummer|adresse|direccion|post ?code|zip|zip ?code|postal ?code|plz|city|town|suburb|locality) $/,
    'postal-address',
  ],
  [/ (?:lat|lng|lon|long|latitude|longitude|latlng|lat lng|geo|geolocation|coordinates|coords|coordinate|gps|geopoint|location|geohash|what3words) $/, 'location'],
] // biome-ignore format: a table

const identifiers =
  / (?:uuid|guid|uid|key|ref|reference|sku|handle|username|user ?name|login|slug|hash|checksum|fingerprint|etag|serial|barcode|ean|isbn|vin|imei|imsi|mac|correlation|nonce|cursor|self|href) $| (?:order|invoice|account|customer|client|member|employee|tracking|transaction|reference|confirmation|booking|case|ticket|contract|policy|receipt|shipment|serial|routing|batch|part|model|document|registration|license|licence|ticket|claim|patient|student|vat)(?: (?:number|no|nr|num|code|reference)) $| (?:page|next|prev|previous|continuation|cursor|sync|pagination|change|resume) token /

/** `paid` and `valid` end in "id" too: only a word of its own, or the camel-case or snake-case tail of one. */
function identifierTail(name: string, last: string): boolean {
  return /^ids?\d?$/.test(last) || /[a-z](?:ID|Id)s?$/.test(name)
}

const choices = new Set(
  (
    'status state type types kind kinds mode role roles level category categories priority currency country language lang locale unit units size ' +
    'sizes color colour colors tier plan method action event channel format sort order direction severity visibility scope scopes gender ' +
    'side operator op reason result grade rank class group region zone environment env version protocol scheme encoding algorithm alg ' +
    'frequency interval period stage phase step flag theme layout view include fields expand filter code reasoncode outcome decision ' +
    'condition availability origin device platform os provider carrier'
  ).split(' '),
)

const freeText = new Set(
  (
    'name names title description desc comment comments note notes text message messages msg subject body content label labels summary bio ' +
    'about query q search keyword keywords term terms feedback caption detail details remark remarks instructions company organisation ' +
    'organization brand vendor product item items answer answers question questions input output prompt reply memo story article headline ' +
    'tag tags path url uri link filename file value values data raw payload extra metadata meta city street county province greeting alias ' +
    'signature sub subject principal'
  ).split(' '),
)

const people =
  / (?:user|owner|author|assignee|assigned|creator|created by|updated by|by|reviewer|approver|manager|person|people|patient|employee|recipient|sender|to|from|cc|bcc|friend|spouse|parent|child|doctor|agent|contact|customer|guest|religion|ethnicity|race|nationality|diagnosis|disease|allergy|medication|salary|income|health|sexual|political|union|disability|blood) $/

const times =
  / (?:at|time|timestamp|ts|date|datetime|on|since|until|exp|iat|nbf|expires|expiry|expiration|created|updated|modified|deleted|last seen|first seen|start|end|from|to|when|epoch|due|birth ?date|birth ?day|dob|issued) $/

const personal =
  / (?:e ?mail|first ?name|last ?name|given ?name|family ?name|surname|phone|mobile|birth ?date|birth ?day|date of birth|dob|ssn|salutation|gender|nationality|marital status|passport) /
