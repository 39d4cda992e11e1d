import type { Rule } from '../rule.ts'
import { adminWithoutRequire } from './admin-without-require/rule.ts'
import { anonymousBesideProof } from './anonymous-beside-proof/rule.ts'
import { anonymousRoute } from './anonymous-route/rule.ts'
import { apiKeyAlone } from './api-key-alone/rule.ts'
import { apiKeyWithoutExpiry } from './api-key-without-expiry/rule.ts'
import { basicAuthentication } from './basic-authentication/rule.ts'
import { certificateExpiring } from './certificate-expiring/rule.ts'
import { cookieFlags } from './cookie-flags/rule.ts'
import { corsAnyOrigin } from './cors-any-origin/rule.ts'
import { corsReflectedOrigin } from './cors-reflected-origin/rule.ts'
import { credentialsInUrl } from './credentials-in-url/rule.ts'
import { declaredWithoutSecurity } from './declared-without-security/rule.ts'
import { declaredWithoutTls } from './declared-without-tls/rule.ts'
import { disabledProtection } from './disabled-protection/rule.ts'
import { freeString } from './free-string/rule.ts'
import { jwtAnyAudience } from './jwt-any-audience/rule.ts'
import { jwtLongLife } from './jwt-long-life/rule.ts'
import { jwtWithoutExpiry } from './jwt-without-expiry/rule.ts'
import { massAssignment } from './mass-assignment/rule.ts'
import { methodOverride } from './method-override/rule.ts'
import { missingAuthentication } from './missing-authentication/rule.ts'
import { missingHsts } from './missing-hsts/rule.ts'
import { mixedAuthentication } from './mixed-authentication/rule.ts'
import { noRequestSchema } from './no-request-schema/rule.ts'
import { objectAccessUnbound } from './object-access-unbound/rule.ts'
import { observeMode } from './observe-mode/rule.ts'
import { openObject } from './open-object/rule.ts'
import { personalDataInTokens } from './personal-data-in-tokens/rule.ts'
import { personalDataInUrl } from './personal-data-in-url/rule.ts'
import { plaintextCalls } from './plaintext-calls/rule.ts'
import { plaintextListener } from './plaintext-listener/rule.ts'
import { plaintextStore } from './plaintext-store/rule.ts'
import { plaintextUpstream } from './plaintext-upstream/rule.ts'
import { sequentialIds } from './sequential-ids/rule.ts'
import { tls12Allowed } from './tls-1.2-allowed/rule.ts'
import { trustsAnyProxy } from './trusts-any-proxy/rule.ts'
import { unboundedArray } from './unbounded-array/rule.ts'
import { unboundedNumber } from './unbounded-number/rule.ts'
import { unboundedPage } from './unbounded-page/rule.ts'
import { unboundedString } from './unbounded-string/rule.ts'
import { undeclaredParameters } from './undeclared-parameters/rule.ts'
import { urlParameter } from './url-parameter/rule.ts'
import { weakCertificate } from './weak-certificate/rule.ts'
import { weakCredential } from './weak-credential/rule.ts'
import { weakJwtAlgorithm } from './weak-jwt-algorithm/rule.ts'

/** Every rule, by id. */
export const rules: readonly Rule[] = [
  adminWithoutRequire,
  anonymousBesideProof,
  anonymousRoute,
  apiKeyAlone,
  apiKeyWithoutExpiry,
  basicAuthentication,
  certificateExpiring,
  cookieFlags,
  corsAnyOrigin,
  corsReflectedOrigin,
  credentialsInUrl,
  declaredWithoutSecurity,
  declaredWithoutTls,
  disabledProtection,
  freeString,
  jwtAnyAudience,
  jwtLongLife,
  jwtWithoutExpiry,
  massAssignment,
  methodOverride,
  missingAuthentication,
  missingHsts,
  mixedAuthentication,
  noRequestSchema,
  objectAccessUnbound,
  observeMode,
  openObject,
  personalDataInTokens,
  personalDataInUrl,
  plaintextCalls,
  plaintextListener,
  plaintextStore,
  plaintextUpstream,
  sequentialIds,
  tls12Allowed,
  trustsAnyProxy,
  unboundedArray,
  unboundedNumber,
  unboundedPage,
  unboundedString,
  undeclaredParameters,
  urlParameter,
  weakCertificate,
  weakCredential,
  weakJwtAlgorithm,
]
