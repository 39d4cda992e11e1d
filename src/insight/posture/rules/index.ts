import type { Rule } from '../rule.ts'
import { certificateExpiring } from './certificate-expiring/rule.ts'
import { declaredWithoutTls } from './declared-without-tls/rule.ts'
import { missingHsts } from './missing-hsts/rule.ts'
import { plaintextCalls } from './plaintext-calls/rule.ts'
import { plaintextListener } from './plaintext-listener/rule.ts'
import { plaintextStore } from './plaintext-store/rule.ts'
import { plaintextUpstream } from './plaintext-upstream/rule.ts'
import { tls12Allowed } from './tls-1.2-allowed/rule.ts'
import { weakCertificate } from './weak-certificate/rule.ts'

/** Every rule, by id. */
export const rules: readonly Rule[] = [
  certificateExpiring,
  declaredWithoutTls,
  missingHsts,
  plaintextCalls,
  plaintextListener,
  plaintextStore,
  plaintextUpstream,
  tls12Allowed,
  weakCertificate,
]
