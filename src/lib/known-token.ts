/** What issuers put in front of their tokens so that they can be found (GitHub 2021, and everybody since). */
const prefixes: ReadonlyArray<readonly [form: RegExp, kind: KnownToken]> = [
  [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/, 'private-key'],
  [/-----BEGIN PGP PRIVATE KEY BLOCK-----/, 'private-key'],
  [/\bPuTTY-User-Key-File-\d/, 'private-key'],
  [/\bAGE-SECRET-KEY-1[0-9A-Z]{50,}/, 'private-key'],
  [/\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/, 'api-key'],
  [/\bAIza[\w-]{35}/, 'api-key'],
  [/\b(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}/, 'api-key'],
  [/\bwhsec_[0-9A-Za-z+/=]{24,}/, 'secret'],
  [/\bsk-(?:proj-|ant-)?[\w-]{20,}/, 'api-key'],
  [/\bSG\.[\w-]{16,}\.[\w-]{16,}/, 'api-key'],
  [/\bkey-[0-9a-f]{32}\b/, 'api-key'],
  [/\bghp_[0-9A-Za-z]{36}/, 'token'],
  [/\bgh[ours]_[0-9A-Za-z]{36}/, 'token'],
  [/\bgithub_pat_\w{22,}/, 'token'],
  [/\bgl(?:pat|dt|rt|soat)-[\w-]{20,}/, 'token'],
  [/\bxox[abeoprs]-[0-9A-Za-z-]{10,}/, 'token'],
  [/\bxapp-\d-[0-9A-Za-z-]{10,}/, 'token'],
  [/\bya29\.[\w-]{20,}/, 'token'],
  [/\bnpm_[0-9A-Za-z]{36}/, 'token'],
  [/\bpypi-[\w-]{50,}/, 'token'],
  [/\bdo[opr]_v1_[0-9a-f]{64}/, 'token'],
  [/\bhf_[0-9A-Za-z]{30,}/, 'token'],
  [/\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/, 'token'],
  [/\bdapi[0-9a-f]{32}\b/, 'token'],
  [/\bhv[sbr]\.[\w-]{24,}/, 'token'],
  [/\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/, 'token'],
]

export type KnownToken = 'private-key' | 'api-key' | 'token' | 'secret'

const starts =
  /-----BEGIN|PuTTY|AGE-|A(?:KIA|SIA|Iza)|[srp]k_|whsec_|sk-|SG\.|key-|gh[oprsu]_|github_pat|gl\w{2,4}-|xox|xapp|ya29|npm_|pypi|do[opr]_|hf_|shp|dapi|hv[sbr]\.|eyJ/

/** The credential that a text holds anywhere, told by the prefix and form that its issuer gives it; null when there is none. */
export function knownToken(text: string): KnownToken | null {
  if (text.length < 16 || !starts.test(text)) return null
  for (const [form, kind] of prefixes) if (form.test(text)) return kind
  return null
}
