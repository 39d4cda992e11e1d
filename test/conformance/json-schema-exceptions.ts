// Where the validator differs from the suite on purpose. Each is on the safe side: a schema that is refused at load, or a value that
// is refused although the suite accepts it. There is no list of the other kind.

/** `file: group` → why a schema of this group is refused at load. */
export const refusedAtLoad: ReadonlyMap<string, string> = listed({
  'the standard ignores the keyword in silence; a gateway must not, since its author meant it to decide something': [
    'additionalItems.json: additionalItems as false without items',
    'additionalItems.json: additionalItems with null instance elements',
    'additionalItems.json: when items is schema, additionalItems does nothing',
    'additionalItems.json: when items is schema, boolean additionalItems does nothing',
    'if-then-else.json: ignore else without if',
    'if-then-else.json: ignore then without if',
    'if-then-else.json: non-interference across combined schemas',
    'maxContains.json: maxContains without contains is ignored',
    'minContains.json: minContains without contains is ignored',
    'ref.json: ref to else',
    'ref.json: ref to then',
    'unevaluatedItems.json: unevaluatedItems with ignored additionalItems',
    'unevaluatedItems.json: unevaluatedItems with ignored applicator additionalItems',
  ],
  'the meta-schemas cannot be referred to: they judge schemas, not bodies': [
    'definitions.json: validate definition against metaschema',
    'defs.json: validate definition against metaschema',
    'ref.json: remote ref, containing refs itself',
  ],
  'needs the tables of IDNA 2008; half a check would let through what it names': [
    'format.json: idn-hostname format',
    'optional/format/idn-hostname.json: validation of internationalized host names',
    'optional/format/idn-hostname.json: validation of separators in internationalized host names',
  ],
  'draft-07 lets a validator enforce them; we do not, so the schema is refused': [
    'optional/content.json: validation of binary string-encoding',
    'optional/content.json: validation of binary-encoded media type documents',
    'optional/content.json: validation of string-encoded content based on media type',
  ],
  'a format that nobody checks is an error': ['optional/format/unknown.json: unknown format'],
  'a keyword of no dialect, or of another one, is an error: it decides nothing': [
    'optional/cross-draft.json: refs to historic drafts are processed as historic drafts',
    'optional/dependencies-compatibility.json: boolean subschemas',
    'optional/dependencies-compatibility.json: dependencies with escaped characters',
    'optional/dependencies-compatibility.json: empty dependents',
    'optional/dependencies-compatibility.json: multiple dependents required',
    'optional/dependencies-compatibility.json: schema dependencies with escaped characters',
    'optional/dependencies-compatibility.json: single dependency',
    'optional/dependencies-compatibility.json: single schema dependency',
    'optional/refOfUnknownKeyword.json: reference of a root arbitrary keyword ',
    'optional/refOfUnknownKeyword.json: reference of a root arbitrary keyword with encoded ref',
    'optional/refOfUnknownKeyword.json: reference of an arbitrary keyword of a sub-schema',
    'optional/refOfUnknownKeyword.json: reference of an arbitrary keyword of a sub-schema with encoded ref',
    'optional/unknownKeyword.json: $id inside an unknown keyword is not a real identifier',
  ],
  'bodies with this name are refused by the scanner, so a schema must not speak of it': [
    'properties.json: properties whose names are Javascript object property names',
  ],
  'draft-07 ignores it in silence; both belong into allOf': [
    'ref.json: $ref prevents a sibling $id from changing the base uri',
    'ref.json: ref overrides any sibling keywords',
  ],
  'what stands below a keyword that holds no schema is no schema': [
    'optional/refOfUnknownKeyword.json: reference internals of known non-applicator',
  ],
  'meta-schemas of your own (vocabularies) are not supported': [
    'optional/format-assertion.json: schema that uses custom metaschema with format-assertion: false',
    'optional/format-assertion.json: schema that uses custom metaschema with format-assertion: true',
    'vocabulary.json: ignore unrecognized optional vocabulary',
    'vocabulary.json: schema that uses custom metaschema with with no validation vocabulary',
  ],
})

/** `file: group: test` → why a value that the suite accepts is refused. */
export const refusedValues: ReadonlyMap<string, string> = listed({
  'A-labels are refused as host names: whether one is valid needs the tables of IDNA 2008': [
    'optional/format/hostname.json: validation of A-label (punycode) host names: Arabic-Indic digits not mixed with Extended Arabic-Indic digits',
    'optional/format/hostname.json: validation of A-label (punycode) host names: Exceptions that are PVALID, left-to-right chars',
    'optional/format/hostname.json: validation of A-label (punycode) host names: Exceptions that are PVALID, right-to-left chars',
    'optional/format/hostname.json: validation of A-label (punycode) host names: Extended Arabic-Indic digits not mixed with Arabic-Indic digits',
    'optional/format/hostname.json: validation of A-label (punycode) host names: Greek KERAIA followed by Greek',
    'optional/format/hostname.json: validation of A-label (punycode) host names: Hebrew GERESH preceded by Hebrew',
    'optional/format/hostname.json: validation of A-label (punycode) host names: Hebrew GERSHAYIM preceded by Hebrew',
    'optional/format/hostname.json: validation of A-label (punycode) host names: KATAKANA MIDDLE DOT with Han',
    'optional/format/hostname.json: validation of A-label (punycode) host names: KATAKANA MIDDLE DOT with Hiragana',
    'optional/format/hostname.json: validation of A-label (punycode) host names: KATAKANA MIDDLE DOT with Katakana',
    "optional/format/hostname.json: validation of A-label (punycode) host names: MIDDLE DOT with surrounding 'l's",
    'optional/format/hostname.json: validation of A-label (punycode) host names: ZERO WIDTH JOINER preceded by Virama',
    'optional/format/hostname.json: validation of A-label (punycode) host names: ZERO WIDTH NON-JOINER not preceded by Virama but matches regexp',
    'optional/format/hostname.json: validation of A-label (punycode) host names: ZERO WIDTH NON-JOINER preceded by Virama',
    'optional/format/hostname.json: validation of A-label (punycode) host names: a valid host name (example.test in Hangul)',
  ],
})

function listed(byReason: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(byReason).flatMap(([reason, names]) => names.map(name => [name, reason] as const)))
}
