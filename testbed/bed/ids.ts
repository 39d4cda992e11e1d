import { makeUuid } from './person.ts'
import type { Random } from './random.ts'
import { code, oneOf, type Schema, type Shape, shape, slug, uuid, whole } from './shape.ts'

/** A kind of identifier, as it stands in paths and bodies. */
export interface IdKind {
  readonly shape: Shape
  /** How many there are; `own`: a few for every person, other ones every day. */
  readonly many: number | 'own'
}

const ulid = shape(
  { type: 'string', pattern: '^01[0-9A-HJKMNP-TV-Z]{24}$', maxLength: 26 },
  ({ random }) =>
    `01${Array.from({ length: 24 }, () => random.pick([...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'])).join('')}`,
)

/** By the name of the variable. */
export const ids: Readonly<Record<string, IdKind>> = {
  userId: { shape: uuid, many: 'own' },
  addressId: { shape: uuid, many: 'own' },
  deviceId: { shape: ulid, many: 'own' },
  consentId: { shape: uuid, many: 'own' },
  memberNumber: { shape: whole(100_000, 999_999), many: 'own' },
  productId: { shape: slug, many: 420 },
  variantId: { shape: whole(1, 9_999), many: 900 },
  categoryId: {
    shape: oneOf(
      ...'tea coffee cups kettles teapots grinders filters spoons trays towels aprons candles vases bowls plates books'.split(
        ' ',
      ),
    ),
    many: 60,
  },
  brandId: { shape: whole(1, 400), many: 120 },
  reviewId: { shape: whole(10_000, 99_999), many: 2_000 },
  supplierId: { shape: code('S-9999'), many: 40 },
  stockId: { shape: uuid, many: 300 },
  imageId: {
    shape: shape({ type: 'string', pattern: '^[0-9a-f]{24}$', maxLength: 24 }, ({ random }) => random.hex(24)),
    many: 800,
  },
  savedSearchId: { shape: uuid, many: 'own' },
  synonymId: { shape: whole(1, 5_000), many: 200 },
  cartId: { shape: ulid, many: 'own' },
  lineId: { shape: whole(1, 9_999), many: 500 },
  wishlistId: { shape: uuid, many: 'own' },
  voucher: { shape: code('GIFT-AAAA-9999'), many: 150 },
  orderId: { shape: whole(1_000_000, 9_999_999), many: 'own' },
  orderRef: { shape: uuid, many: 'own' },
  returnId: { shape: code('R99-AAAAAA'), many: 'own' },
  noteId: { shape: uuid, many: 'own' },
  paymentId: { shape: uuid, many: 'own' },
  refundId: { shape: uuid, many: 'own' },
  invoiceId: { shape: code('INV-2026-999999'), many: 'own' },
  methodId: { shape: uuid, many: 'own' },
  ledgerDay: {
    shape: shape(
      { type: 'string', format: 'date' },
      ({ random }) => `2026-0${random.between(1, 3)}-${String(random.between(1, 28)).padStart(2, '0')}`,
    ),
    many: 60,
  },
  shipmentId: { shape: uuid, many: 'own' },
  trackingCode: { shape: code('NK9AAA9AAA'), many: 'own' },
  parcelNumber: { shape: whole(100_000, 9_999_999), many: 'own' },
  depotId: { shape: code('D-99'), many: 24 },
  labelId: { shape: uuid, many: 'own' },
  messageId: { shape: uuid, many: 'own' },
  topicName: {
    shape: oneOf(
      ...'orders shipping returns payments offers news reviews account safety events loyalty gifts partners seasons'.split(
        ' ',
      ),
    ),
    many: 40,
  },
  subscriptionId: { shape: uuid, many: 'own' },
  layoutId: { shape: code('L-9999'), many: 60 },
  campaignId: { shape: whole(1, 9_999), many: 80 },
  customerEmail: {
    shape: shape({ type: 'string', format: 'email', maxLength: 254 }, ({ person }) => person.email),
    many: 'own',
  },
}

export function idSchema(variable: string): Schema {
  const kind = ids[variable]
  if (kind === undefined) throw new Error(`there is no kind of id ${variable}`)
  return kind.shape.schema
}

/** A person's own id of that kind: for the same person, number and seed the same one. */
export function makeId(
  variable: string,
  random: Random,
  owner: { readonly id: string; readonly email: string },
): string | number {
  if (variable === 'userId') return owner.id
  if (variable === 'customerEmail') return owner.email
  const kind = ids[variable]
  if (kind === undefined) throw new Error(`there is no kind of id ${variable}`)
  return kind.shape.make({
    random,
    release: 0,
    now: 0,
    person: { ...nobody, ...owner },
    another: () => nobody,
    id: () => makeUuid(random),
    params: {},
  }) as string | number
}

const nobody = {
  id: '',
  givenName: '',
  familyName: '',
  email: '',
  phone: '',
  street: '',
  postcode: '',
  city: '',
  country: '',
  birthDate: '',
  card: '',
  iban: '',
}
