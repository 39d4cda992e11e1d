import type { Rule } from '../rule.ts'
import { adminWithoutRequire } from './admin-without-require/rule.ts'
import { anonymousBesideProof } from './anonymous-beside-proof/rule.ts'
import { anonymousRoute } from './anonymous-route/rule.ts'
import { anyMethod } from './any-method/rule.ts'
import { apiKeyAlone } from './api-key-alone/rule.ts'
import { apiKeyWithoutExpiry } from './api-key-without-expiry/rule.ts'
import { basicAuthentication } from './basic-authentication/rule.ts'
import { cacheablePersonalData } from './cacheable-personal-data/rule.ts'
import { cardNumbersInResponses } from './card-numbers-in-responses/rule.ts'
import { catchAllRoute } from './catch-all-route/rule.ts'
import { certificateExpiring } from './certificate-expiring/rule.ts'
import { cookieFlags } from './cookie-flags/rule.ts'
import { corsAnyOrigin } from './cors-any-origin/rule.ts'
import { corsReflectedOrigin } from './cors-reflected-origin/rule.ts'
import { credentialsInUrl } from './credentials-in-url/rule.ts'
import { debugEndpoint } from './debug-endpoint/rule.ts'
import { declaredWithoutSecurity } from './declared-without-security/rule.ts'
import { declaredWithoutTls } from './declared-without-tls/rule.ts'
import { disabledProtection } from './disabled-protection/rule.ts'
import { environmentMix } from './environment-mix/rule.ts'
import { excessData } from './excess-data/rule.ts'
import { freeString } from './free-string/rule.ts'
import { internalsInResponses } from './internals-in-responses/rule.ts'
import { jwtAnyAudience } from './jwt-any-audience/rule.ts'
import { jwtLongLife } from './jwt-long-life/rule.ts'
import { jwtWithoutExpiry } from './jwt-without-expiry/rule.ts'
import { largeBuffer } from './large-buffer/rule.ts'
import { limiterFailsOpen } from './limiter-fails-open/rule.ts'
import { loginWithoutLimit } from './login-without-limit/rule.ts'
import { longTimeouts } from './long-timeouts/rule.ts'
import { massAssignment } from './mass-assignment/rule.ts'
import { methodOverride } from './method-override/rule.ts'
import { missingAuthentication } from './missing-authentication/rule.ts'
import { missingHsts } from './missing-hsts/rule.ts'
import { mixedAuthentication } from './mixed-authentication/rule.ts'
import { noBodyLimit } from './no-body-limit/rule.ts'
import { noEventLog } from './no-event-log/rule.ts'
import { noRateLimit } from './no-rate-limit/rule.ts'
import { noRequestSchema } from './no-request-schema/rule.ts'
import { objectAccessUnbound } from './object-access-unbound/rule.ts'
import { observeMode } from './observe-mode/rule.ts'
import { oneAddressTakesAll } from './one-address-takes-all/rule.ts'
import { openObject } from './open-object/rule.ts'
import { personalDataInLists } from './personal-data-in-lists/rule.ts'
import { personalDataInTokens } from './personal-data-in-tokens/rule.ts'
import { personalDataInUrl } from './personal-data-in-url/rule.ts'
import { plaintextCalls } from './plaintext-calls/rule.ts'
import { plaintextListener } from './plaintext-listener/rule.ts'
import { plaintextStore } from './plaintext-store/rule.ts'
import { plaintextUpstream } from './plaintext-upstream/rule.ts'
import { retiredInUse } from './retired-in-use/rule.ts'
import { secretsInResponses } from './secrets-in-responses/rule.ts'
import { sequentialIds } from './sequential-ids/rule.ts'
import { shadowOperation } from './shadow-operation/rule.ts'
import { softwareVersions } from './software-versions/rule.ts'
import { stackTraces } from './stack-traces/rule.ts'
import { tls12Allowed } from './tls-1.2-allowed/rule.ts'
import { trustsAnyProxy } from './trusts-any-proxy/rule.ts'
import { unboundedArray } from './unbounded-array/rule.ts'
import { unboundedNumber } from './unbounded-number/rule.ts'
import { unboundedPage } from './unbounded-page/rule.ts'
import { unboundedString } from './unbounded-string/rule.ts'
import { undeclaredParameters } from './undeclared-parameters/rule.ts'
import { undeclaredResponseFields } from './undeclared-response-fields/rule.ts'
import { unpagedCollection } from './unpaged-collection/rule.ts'
import { unusedMethods } from './unused-methods/rule.ts'
import { unusedOperation } from './unused-operation/rule.ts'
import { urlParameter } from './url-parameter/rule.ts'
import { versionSprawl } from './version-sprawl/rule.ts'
import { weakCertificate } from './weak-certificate/rule.ts'
import { weakCredential } from './weak-credential/rule.ts'
import { weakJwtAlgorithm } from './weak-jwt-algorithm/rule.ts'
import { wideHost } from './wide-host/rule.ts'

/** Every rule, by id. */
export const rules: readonly Rule[] = [
  adminWithoutRequire,
  anonymousBesideProof,
  anonymousRoute,
  anyMethod,
  apiKeyAlone,
  apiKeyWithoutExpiry,
  basicAuthentication,
  cacheablePersonalData,
  cardNumbersInResponses,
  catchAllRoute,
  certificateExpiring,
  cookieFlags,
  corsAnyOrigin,
  corsReflectedOrigin,
  credentialsInUrl,
  debugEndpoint,
  declaredWithoutSecurity,
  declaredWithoutTls,
  disabledProtection,
  environmentMix,
  excessData,
  freeString,
  internalsInResponses,
  jwtAnyAudience,
  jwtLongLife,
  jwtWithoutExpiry,
  largeBuffer,
  limiterFailsOpen,
  loginWithoutLimit,
  longTimeouts,
  massAssignment,
  methodOverride,
  missingAuthentication,
  missingHsts,
  mixedAuthentication,
  noBodyLimit,
  noEventLog,
  noRateLimit,
  noRequestSchema,
  objectAccessUnbound,
  observeMode,
  oneAddressTakesAll,
  openObject,
  personalDataInLists,
  personalDataInTokens,
  personalDataInUrl,
  plaintextCalls,
  plaintextListener,
  plaintextStore,
  plaintextUpstream,
  retiredInUse,
  secretsInResponses,
  sequentialIds,
  shadowOperation,
  softwareVersions,
  stackTraces,
  tls12Allowed,
  trustsAnyProxy,
  unboundedArray,
  unboundedNumber,
  unboundedPage,
  unboundedString,
  undeclaredParameters,
  undeclaredResponseFields,
  unpagedCollection,
  unusedMethods,
  unusedOperation,
  urlParameter,
  versionSprawl,
  weakCertificate,
  weakCredential,
  weakJwtAlgorithm,
  wideHost,
]
