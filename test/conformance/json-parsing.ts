// JSONTestSuite (nst) through the scanner with the limits that the policy has by default.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { JsonScanner } from '../../src/lib/json-scan.ts'
import { schema } from '../../src/policies/json-schema/schema.ts'
import { testData } from '../support/test-data.ts'
import type { SuiteResult } from './suite.ts'

/** y_ must pass and n_ must not; of i_ and test_transform, where any answer is allowed, ours is written down and held. */
export async function run(): Promise<SuiteResult> {
  const base = testData('json-parsing')
  const failures: string[] = []
  if (base === null) return { suite: 'json-parsing', run: 0, failed: 0, excepted: 0, failures }
  const scanner = new JsonScanner(schema.parse({ request: true }).limits, new Uint8Array(32).fill(7))
  const seen = new Set<string>()
  let excepted = 0
  for (const folder of ['test_parsing', 'test_transform']) {
    for (const name of readdirSync(path.join(base, folder))) {
      seen.add(name)
      const bytes = readFileSync(path.join(base, folder, name))
      const fault = scanner.scan(bytes)
      const got = fault?.code ?? 'accepted'
      const chosen = choices.get(name)
      const want =
        chosen ?? (name.startsWith('y_') ? 'accepted' : name.startsWith('n_') ? 'refused' : 'no choice written down')
      if (want === 'refused' ? fault === null : got !== want) failures.push(`${name}: ${got}, not ${want}`)
      else if (chosen !== undefined && name.startsWith('y_')) excepted++
      if (fault === null && !parses(bytes)) failures.push(`${name}: the scanner accepts what JSON.parse refuses`)
    }
  }
  for (const name of choices.keys())
    if (!seen.has(name)) failures.push(`${name}: a choice about a file that is not there`)
  return { suite: 'json-parsing', run: seen.size, failed: failures.length, excepted, failures }
}

function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}

/** Valid by the grammar and refused all the same. */
const refusedValid = {
  // RFC 8259 §4: names SHOULD be unique; readers disagree on which one counts.
  'y_object_duplicated_key.json': 'duplicate-key',
  // The same.
  'y_object_duplicated_key_and_value.json': 'duplicate-key',
  // U+0000 ends a string in many services; allowNul accepts it.
  'y_object_escaped_null_in_key.json': 'nul',
  // The same.
  'y_string_null_escape.json': 'nul',
}

/** The standard leaves them open (i_). Refused where two readers would see different values. */
const open = {
  'i_number_double_huge_neg_exp.json': 'lossy-number',
  'i_number_huge_exp.json': 'number-too-long',
  'i_number_neg_int_huge_exp.json': 'lossy-number',
  'i_number_pos_double_huge_exp.json': 'lossy-number',
  'i_number_real_neg_overflow.json': 'lossy-number',
  'i_number_real_pos_overflow.json': 'lossy-number',
  'i_number_real_underflow.json': 'lossy-number',
  'i_number_too_big_neg_int.json': 'lossy-number',
  'i_number_too_big_pos_int.json': 'accepted',
  'i_number_very_big_negative_int.json': 'lossy-number',
  'i_object_key_lone_2nd_surrogate.json': 'lone-surrogate',
  'i_string_1st_surrogate_but_2nd_missing.json': 'lone-surrogate',
  'i_string_1st_valid_surrogate_2nd_invalid.json': 'lone-surrogate',
  'i_string_UTF-16LE_with_BOM.json': 'syntax',
  'i_string_UTF-8_invalid_sequence.json': 'invalid-utf8',
  'i_string_UTF8_surrogate_U+D800.json': 'invalid-utf8',
  'i_string_incomplete_surrogate_and_escape_valid.json': 'lone-surrogate',
  'i_string_incomplete_surrogate_pair.json': 'lone-surrogate',
  'i_string_incomplete_surrogates_escape_valid.json': 'lone-surrogate',
  'i_string_invalid_lonely_surrogate.json': 'lone-surrogate',
  'i_string_invalid_surrogate.json': 'lone-surrogate',
  'i_string_invalid_utf-8.json': 'invalid-utf8',
  'i_string_inverted_surrogates_U+1D11E.json': 'lone-surrogate',
  'i_string_iso_latin_1.json': 'invalid-utf8',
  'i_string_lone_second_surrogate.json': 'lone-surrogate',
  'i_string_lone_utf8_continuation_byte.json': 'invalid-utf8',
  'i_string_not_in_unicode_range.json': 'invalid-utf8',
  'i_string_overlong_sequence_2_bytes.json': 'invalid-utf8',
  'i_string_overlong_sequence_6_bytes.json': 'invalid-utf8',
  'i_string_overlong_sequence_6_bytes_null.json': 'invalid-utf8',
  'i_string_truncated-utf-8.json': 'invalid-utf8',
  'i_string_utf16BE_no_BOM.json': 'syntax',
  'i_string_utf16LE_no_BOM.json': 'syntax',
  'i_structure_500_nested_arrays.json': 'too-deep',
  'i_structure_UTF-8_BOM_empty_object.json': 'byte-order-mark',
}

/** Accepted by the grammar; what they mean differs between readers (test_transform). */
const transformed = {
  'number_-9223372036854775808.json': 'lossy-number',
  'number_-9223372036854775809.json': 'lossy-number',
  'number_1.0.json': 'accepted',
  'number_1.000000000000000005.json': 'lossy-number',
  'number_1000000000000000.json': 'accepted',
  'number_10000000000000000999.json': 'lossy-number',
  'number_1e-999.json': 'lossy-number',
  'number_1e6.json': 'accepted',
  'number_9223372036854775807.json': 'lossy-number',
  'number_9223372036854775808.json': 'lossy-number',
  'object_key_nfc_nfd.json': 'accepted',
  'object_key_nfd_nfc.json': 'accepted',
  'object_same_key_different_values.json': 'duplicate-key',
  'object_same_key_same_value.json': 'duplicate-key',
  'object_same_key_unclear_values.json': 'duplicate-key',
  'string_1_escaped_invalid_codepoint.json': 'lone-surrogate',
  'string_1_invalid_codepoint.json': 'invalid-utf8',
  'string_2_escaped_invalid_codepoints.json': 'lone-surrogate',
  'string_2_invalid_codepoints.json': 'invalid-utf8',
  'string_3_escaped_invalid_codepoints.json': 'lone-surrogate',
  'string_3_invalid_codepoints.json': 'invalid-utf8',
  'string_with_escaped_NULL.json': 'nul',
}

const choices: ReadonlyMap<string, string> = new Map(Object.entries({ ...refusedValid, ...open, ...transformed }))
